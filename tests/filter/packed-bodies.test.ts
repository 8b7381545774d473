/** Bodies that clients send compressed. Envoy's decompressor, where it stands before the module, tells of itself in trailers only. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { chat, type Ask } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const BODY = JSON.stringify({ model: "m", messages: [] });
/** As the decompressor leaves a request: without content-encoding and content-length. */
const unpacked = (body: string | Buffer, more: Ask = {}): Ask => ({
  body: body.length > 0 ? [body] : [],
  trailers: { "x-envoy-decompressor-gzip-compressed-bytes": "80", "x-envoy-decompressor-gzip-uncompressed-bytes": "9" },
  ...more,
});
const form = (end: string) =>
  `--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nxyz${end}`;
const formHeaders = { "content-type": "multipart/form-data; boundary=b" };

describe.each(MODES)("in %s mode a body", mode => {
  const ask = (request: Ask) => {
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: chat("Hi") } });
    const call = envoy.ask(request);
    return { call, seen: envoy.provider("qwen").seen };
  };

  it("that was unpacked reaches its provider whole, without the decompressor's trailers", () => {
    const { call, seen } = ask(unpacked(BODY));
    expect(call.status).toBe(200);
    expect(seen.map(({ body }) => body)).toEqual([BODY]);
    expect(JSON.stringify(seen)).not.toContain("decompressor");
  });

  it.each([
    ["nothing came out", unpacked("")],
    ["its end is missing", unpacked(BODY.slice(0, -1))],
    ["a form's end is missing", unpacked(form(""), { headers: formHeaders })],
  ])("of which %s is refused: Envoy's decompressor says nothing of its mistakes", (_what, request) => {
    const { call, seen } = ask(request);
    expect([call.status, call.json().error.code]).toEqual([400, "invalid_body"]);
    expect(call.json().error.message).toContain("cannot be unpacked");
    expect(seen).toEqual([]);
  });

  it("that was unpacked and is no JSON says what is wrong with it", () => {
    const { call } = ask(unpacked("hello there"));
    expect([call.status, call.json().error.message]).toEqual([
      400,
      expect.stringContaining("unexpected character 'h' at byte 0"),
    ]);
  });

  it("of audio, whose end nothing shows, is taken as it is only", () => {
    const headers = { "content-type": "audio/wav" };
    const path = "/v1/audio/transcriptions";
    expect(ask({ path, headers, body: "RIFF" }).call.status).toBe(200);
    const { call, seen } = ask(unpacked("RIFF", { path, headers }));
    expect([call.status, call.json().error.code, seen.length]).toEqual([415, "unsupported_media_type", 0]);
  });

  it.each([
    ["gzip", gzipSync(BODY)],
    ["zstd", Buffer.from("28b52ffd2020010000", "hex")],
  ])("of %s that says nothing of it is told so", (_name, body) => {
    const { call, seen } = ask({ body });
    expect([call.status, call.json().error.code, seen.length]).toEqual([415, "unsupported_media_type", 0]);
    expect(call.json().error.message).toContain("no content-encoding says so");
  });

  it.each(["gzip", "zstd", "br", "deflate", "x-gzip", "gzip, zstd"])(
    "in %s that nobody has unpacked is refused before it is read",
    encoding => {
      const { call, seen } = ask({ body: brotliCompressSync(BODY), headers: { "content-encoding": encoding } });
      expect([call.status, call.json().error.code, seen.length]).toEqual([415, "unsupported_media_type", 0]);
      expect(call.json().error.message).toContain("decompressor");
      expect(call.headers["x-should-retry"]).toBe("false");
      const path = "/v1/messages";
      const messages = ask({ path, body: BODY, headers: { "content-encoding": encoding } }).call;
      expect(messages.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    },
  );

  it.each(["identity", "none", "utf-8", "chunked", ""])("in %j, which is no coding, passes", encoding => {
    const { call, seen } = ask({ body: BODY, headers: { "content-encoding": encoding } });
    expect([call.status, seen.length]).toEqual([200, 1]);
  });
});
