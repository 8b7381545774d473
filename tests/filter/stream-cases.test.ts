/** Answers of providers from public reports, one a file in stream-cases/: what their client gets, and what counts against the provider. */
import { readFileSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, sse, type Piece } from "../host/proxy-host.js";
import { startReader, type Reader } from "../unit/official-clients.js";
import type { Dialect } from "../unit/validator-room.js";
import { MODES, start } from "./fixture.js";

interface Case {
  id: string;
  request: { path: string; stream: boolean };
  config: { guard: string; idleTimeout?: string; firstTokenTimeout?: string };
  provider: {
    status: number;
    contentType: string;
    headers: string[];
    chunks: { text?: string; base64?: string; wait?: number }[];
    end: "clean" | "open";
  };
  expected: { client: string; attempt: string; without?: string; firstByteWithinMs?: number };
}

const directory = new URL("stream-cases/", import.meta.url);
const CASES = readdirSync(directory).map(file => JSON.parse(readFileSync(new URL(file, directory), "utf8")) as Case);
const TOKEN = "token-of-odd-0123456789";
const DIALECTS: Record<string, Dialect> = {
  "/v1/chat/completions": "chat",
  "/v1/responses": "responses",
  "/v1/messages": "messages",
};
const millis = (text: string) => Number.parseFloat(text) * (text.endsWith("ms") ? 1 : 1000);

let reader: Reader;
beforeAll(async () => {
  reader = await startReader();
});
afterAll(() => {
  reader.close();
});

function asked({ request, config, provider, expected }: Case, mode: (typeof MODES)[number]) {
  const pieces: Piece[] = provider.chunks.map(
    ({ text, base64, wait }) => wait ?? (text !== undefined ? text : Buffer.from(base64!, "base64")),
  );
  // Envoy reads the chunks and takes a length beside them away: tests/envoy/envoy-odd-answers.test.ts.
  const headers = provider.headers.map(line => line.split(": ")).filter(([name]) => name !== "content-length");
  const answer = {
    status: provider.status,
    headers: { "content-type": provider.contentType, ...(Object.fromEntries(headers) as Record<string, string>) },
    // What stays open ends long after every limit between events.
    body: provider.end === "open" ? [...pieces, 9000] : pieces,
  };
  // What the client has to see of an error is what no other provider can mend.
  const others: Record<string, number> = expected.client.startsWith("error-seen") ? {} : { deepseek: 1 };
  const { guard, idleTimeout, firstTokenTimeout } = config;
  const envoy = start({
    ...{ mode, tokens: { qwen: 1, ...others } },
    config: idleTimeout === undefined ? {} : { idleTimeout: millis(idleTimeout) },
    policy: { guard, ...(firstTokenTimeout === undefined ? {} : { firstTokenTimeout: millis(firstTokenTimeout) }) },
    provider: id => ({
      messagesUrl: `https://${id}.test/v1`,
      apiTokens: [{ name: "t1", value: id === "qwen" ? TOKEN : "deepseek-1" }],
    }),
    clusters: { qwen: answer, deepseek: request.stream ? sse("rescued") : chat("rescued") },
  });
  const call = envoy.ask({ path: request.path, body: { model: "m", stream: request.stream, messages: [] } });
  const whole = Buffer.concat(pieces.filter(piece => typeof piece !== "number").map(piece => Buffer.from(piece)));
  const results = (result: string) => envoy.metric(`ai_failover_attempts_total;provider=qwen;cause=${result}`);
  return { call, whole: whole.toString(), results };
}

describe.each(MODES)("in %s mode", mode => {
  it.each(CASES)("$id: $expected.client, $expected.attempt", async example => {
    const { expected, request } = example;
    const { call, whole, results } = asked(example, mode);
    const isRescued = call.text.includes("rescued");

    if (expected.client.startsWith("identical")) {
      expect(call).toMatchObject({ status: 200, ended: "complete", text: whole });
    } else if (call.status < 400 && !isRescued) {
      expect(request.stream).toBe(true);
      const { seen, raised } = await reader.read(DIALECTS[request.path]!, call);
      const told = seen.filter(event => /"type":"(response\.failed|error)"/.test(JSON.stringify(event)));
      expect(told.length + (raised === undefined ? 0 : 1)).toBe(1);
    }
    if (expected.client.startsWith("error-seen")) expect(isRescued).toBe(false);
    if (expected.without !== undefined) expect(call.text).not.toContain(expected.without);
    if (expected.firstByteWithinMs !== undefined)
      expect(call.firstByteAfter).toBeLessThanOrEqual(expected.firstByteWithinMs);

    if (expected.attempt === "ok") expect(results("ok")).toBe(1);
    else if (expected.attempt === "not ok") expect(results("ok")).toBe(0);
    else expect(results(expected.attempt)).toBe(1);
  });
});
