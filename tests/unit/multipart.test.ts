import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { BytesRoom } from "./text-room.js";

let room: BytesRoom;

beforeAll(async () => {
  room = await BytesRoom.start();
});

const TYPE = "multipart/form-data; boundary=XyZ";
const part = (disposition: string, value: string, more = "") =>
  `--XyZ\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${value}\r\n`;
const form = (...parts: string[]) => `${parts.join("")}--XyZ--\r\n`;
const MODEL = part('name="model"', "whisper-1");

describe("a multipart body", () => {
  test("gives model and stream wherever they stand", () => {
    const audio = part(
      'name="file"; filename="a;b \\"name=model\\".mp3"',
      "\r\n--Xy\r\n\0ÿ",
      "Content-Type: audio/mpeg\r\n",
    );
    const body = form(part("name=stream", "true"), audio, MODEL, part('name="user"', "u"));
    expect(room.multipart(TYPE, body)).toEqual({ status: "ok", model: "whisper-1", stream: "true" });
  });

  test.each([
    ["no part at all", form(), "ok"],
    ["blanks behind a boundary", `--XyZ \t\r\n${MODEL.slice(7)}--XyZ--`, "ok"],
    ["an epilogue", `${form(MODEL)}anything`, "ok"],
    ["a second model", form(MODEL, MODEL), "duplicate-model"],
    ["a preamble", `hello\r\n${form(MODEL)}`, "malformed"],
    ["a missing end", MODEL, "truncated"],
    ["a cut header", "--XyZ\r\nContent-Disposition: form-d", "truncated"],
    ["a cut boundary line", "--XyZ", "truncated"],
    [
      "a boundary right behind the headers",
      form('--XyZ\r\nContent-Disposition: form-data; name="a"\r\n\r\n', MODEL),
      "malformed",
    ],
    ["a boundary that goes on", `--XyZZ\r\n${MODEL.slice(7)}--XyZ--`, "malformed"],
    ["line feeds alone", form(MODEL).replaceAll("\r\n", "\n"), "malformed"],
    ["a part without a name", form(part("size=1", "x")), "malformed"],
    ["a part without a disposition", "--XyZ\r\nA: b\r\n\r\nx\r\n--XyZ--", "malformed"],
    ["two dispositions", form(part('name="a"', "x", 'Content-Disposition: form-data; name="model"\r\n')), "malformed"],
    ["a parameter without a value", form(part('ta; name="a"; name=model', "x")), "malformed"],
    ["two names", form(part('name="a"; name="model"', "x")), "malformed"],
    ["an extended name", form(part("name=\"a\"; name*=utf-8''model", "x")), "malformed"],
    ["an escape in a name", form(part('name="mod\\el"', "x")), "malformed"],
    ["an open quote", form(part('name="model', "x")), "malformed"],
    ["a folded header", form(part('name="a"', "x", " folded: yes\r\n")), "malformed"],
    ["a header without a colon", form(part('name="a"', "x", "nonsense\r\n")), "malformed"],
    ["a bare line feed in a header", form(part('name="a"', "x", "A: b\nC: d\r\n")), "malformed"],
    ["another disposition", form(MODEL).replace("form-data", "attachment"), "malformed"],
    ["a header line without end", form(part('name="a"', "x", `A: ${"b".repeat(5000)}\r\n`)), "malformed"],
    ["257 parts", form(...Array.from({ length: 257 }, () => part('name="a"', "x"))), "malformed"],
    ["nothing", "", "malformed"],
  ])("with %s", (_what, body, status) => {
    expect(room.multipart(TYPE, body).status).toBe(status);
  });

  test("keeps any value that does not hold the boundary", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\r", "\n", "-", "X", "y", "é") }), value => {
        expect(room.multipart(TYPE, form(part('name="model"', value), part('name="n"', value)))).toMatchObject({
          model: value,
        });
      }),
      { numRuns: 500, seed: 35 },
    );
  });

  test("is what a browser's FormData becomes", async () => {
    const data = new FormData();
    data.set("file", new Blob([new Uint8Array(100_000).fill(13)]), "speech.mp3");
    data.set("model", "whisper-1");
    data.set("stream", "true");
    const request = new Request("http://localhost", { method: "POST", body: data });
    const body = new Uint8Array(await request.arrayBuffer());
    expect(room.multipart(request.headers.get("content-type") ?? "", body)).toMatchObject({
      model: "whisper-1",
      stream: "true",
    });
  });
});

describe("a boundary", () => {
  const body = form(MODEL);
  test.each([
    ["plain", TYPE, "ok"],
    ["quoted, in other case, behind other parameters", 'Multipart/Form-Data;charset=utf-8 ; Boundary="XyZ"', "ok"],
    ["missing", "multipart/form-data", "no boundary"],
    ["empty", 'multipart/form-data; boundary=""', "no boundary"],
    ["given twice", `${TYPE}; boundary=b`, "no boundary"],
    ["longer than 70 characters", `multipart/form-data; boundary=${"b".repeat(71)}`, "no boundary"],
    ["of another type", "multipart/mixed; boundary=XyZ", "no boundary"],
    ["of a longer type", "multipart/form-data-x; boundary=XyZ", "no boundary"],
    ["with an escape", 'multipart/form-data; boundary="Xy\\Z"', "no boundary"],
    ["with an open quote", 'multipart/form-data; boundary="XyZ', "no boundary"],
  ])("%s", (_what, type, status) => {
    expect(room.multipart(type, body).status).toBe(status);
  });
});
