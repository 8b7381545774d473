import { beforeAll, expect, test } from "vitest";
import { isDeepStrictEqual } from "node:util";
import { BytesRoom, MEMBERS, Span, bytesOf } from "../unit/text-room.js";
import { randomFrom } from "./random.js";

/**
 * The scanner against JSON.parse behind a fatal UTF-8 decoder, on chat bodies that were mutated at random (seeded).
 * Whatever one accepts and the other refuses, or reads differently, is a divergence; none is allowed.
 */
const INPUTS = 15_000;

const SEEDS = [
  `{"messages":[{"role":"system","content":"You are \\"helpful\\".\\nBe brief. \\u00e9\\ud83d\\ude00"},` +
    `{"role":"user","content":"Hello, wörld 😀 {not json} [1,2]"}],"model":"gpt-4o","stream":true,"temperature":0.7,` +
    `"max_tokens":256,"stop":null,"logit_bias":{"50256":-100},"n":1,"seed":9007199254740991,"user":"u-1"}`,
  `{"model":"qwen-turbo","stream":false,"stream_options":{"include_usage":true},"tools":[{"type":"function","function":` +
    `{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"number","minimum":-1.5e-7}},"required":["a"]}}}],` +
    `"messages":[]}`,
  `{ "model" : "m" ,\n "stream" : true , "a" : [ [ ] , { } , [ { } ] ] , "e" : "" , "x" : 1E+5 , "y" : -0.0 }`,
  `{"a":"\\b\\f\\n\\r\\t\\/\\\\","previous_response_id":"resp_1","model":"x","z":[true,false,null,0,-1,1.25,"s"]}`,
  `{"messages":[{"role":"user","content":"请把下面这段话翻译成英文：人工智能网关在请求失败时会自动切换到另一个模型。谢谢😀！"}],"model":"qwen-max"}`,
].map(bytesOf);
const FRAGMENTS = [
  ...[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "\\u",
    "\\ud800",
    "null",
    "true",
    "false",
    "1e999",
    "-",
    "0",
    "01",
    "1e",
    ".",
  ],
  ...['"model":"zz",', '"model":1,', '"stream":"x",', "\u0000", "\n", "\t", "é", "😀", "[[[[", "}}}}"],
  ...['"a":{"model":"in"},', "\ufeff", "\u00a0", "\u2028", "/**/", "NaN", "'"],
].map(bytesOf);
FRAGMENTS.push(
  ...[
    [0xff],
    [0xc3],
    [0xed, 0xa0, 0x80],
    [0xc0, 0xaf],
    [0xe0, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf0, 0x9f, 0x98],
  ].map(bytes => Uint8Array.from(bytes)),
);
const TOP_MEMBERS = [
  ...[
    '"k":1,',
    '"k\\u0041":"v",',
    '"model":"dup",',
    '"\\u006dodel":"escaped",',
    '"str\\u0065am":true,',
    '"s\\tream":1,',
  ],
  ...[
    '"big":123456789012345678901234567890,',
    '"f":1.7976931348623157e308,',
    '"f":5e-324,',
    '"s":"\\u0000\\u001f\\uffff",',
  ],
  ...['"o":{"p":[1,{"q":null}]},', '"u":"\\ud83d\\ude00",', '"l":"\\udc00",', '"stream":null,', '"user":"\\ud800",'],
].map(bytesOf);

const pick = (choices: Uint8Array[], random: (below: number) => number) =>
  choices[random(choices.length)] as Uint8Array;

function mutate(body: Buffer, random: (below: number) => number): Buffer {
  for (let rounds = 1 + random(4); rounds > 0; rounds--) {
    const at = random(body.length + 1);
    const splice = (removed: number, inserted: Uint8Array) =>
      Buffer.concat([body.subarray(0, at), inserted, body.subarray(Math.min(at + removed, body.length))]);
    const kind = random(8);
    if (kind === 0) body = splice(1, Uint8Array.of(random(256)));
    else if (kind === 1) body = splice(1 + random(4), new Uint8Array());
    else if (kind <= 3) body = splice(0, pick(FRAGMENTS, random));
    else if (kind === 4) body = splice(0, body.subarray(at, at + random(40)));
    else if (kind === 5) body = body.subarray(0, random(20) === 0 ? at : body.length);
    else {
      const open = body.indexOf("{") + 1;
      body = Buffer.concat([body.subarray(0, open), pick(TOP_MEMBERS, random), body.subarray(open)]);
    }
  }
  return body;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parse(body: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(utf8.decode(body)) };
  } catch {
    return undefined;
  }
}

/** How often a top-level key "model" stands in a document that parses: what an object no longer tells. */
function countsModels(body: Uint8Array): number {
  let count = 0;
  let depth = 0;
  // In valid JSON strings, braces and brackets are all that matters for depth.
  for (const [piece] of utf8.decode(body).matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g)) {
    if (piece === "{" || piece === "[") depth++;
    else if (piece === "}" || piece === "]") depth--;
    else if (depth === 1 && piece.endsWith(":") && JSON.parse(piece.slice(0, -1)) === "model") count++;
  }
  return count;
}

const same = (body: Uint8Array, span: Span, value: unknown) =>
  span.kind === "absent"
    ? value === undefined
    : isDeepStrictEqual(JSON.parse(utf8.decode(body.subarray(span.start, span.end))), value);

const spliced = (body: Uint8Array, { start, end }: Span, value: string) =>
  Buffer.concat([body.subarray(0, start), bytesOf(value), body.subarray(end)]);

/** Whether Go takes a key for one that we read, as we do not. */
const isForeign = (key: string): boolean =>
  !["model", "stream"].includes(key) && ["model", "stream"].includes(key.toLowerCase().replaceAll("\u017f", "s"));

/** What is wrong with the scanner's answer, or undefined. */
function divergence(room: BytesRoom, body: Uint8Array): string | undefined {
  const truth = parse(body);
  const answer = room.scan(body);
  if ((room.check(body) === "ok") !== (truth !== undefined)) return "check differs from JSON.parse";
  if (!truth) return ["ok", "not-object"].includes(answer.status) ? "accepted what JSON.parse refuses" : undefined;

  const isObject = typeof truth.value === "object" && truth.value !== null && !Array.isArray(truth.value);
  if (!isObject) return answer.status === "not-object" ? undefined : `${answer.status} instead of not-object`;
  const foreign = Object.keys(truth.value as object).some(isForeign);
  if (foreign)
    return /^(foreign-case|duplicate-model)$/.test(answer.status) ? undefined : "a foreign case was not refused";
  if (countsModels(body) > 1) return answer.status === "duplicate-model" ? undefined : "a second model was not refused";
  if (answer.status !== "ok") return `refused valid JSON: ${answer.status}`;

  const document = truth.value as Record<string, unknown>;
  for (const name of MEMBERS) {
    const value = Object.hasOwn(document, name) ? document[name] : undefined;
    if (!same(body, answer[name], value)) return `${name} differs`;
  }
  if (answer.model.kind === "absent") return undefined;
  const rewritten = parse(spliced(body, answer.model, `"deepseek-chat"`));
  return isDeepStrictEqual(rewritten?.value, { ...document, model: "deepseek-chat" }) ? undefined : "splicing broke it";
}

let simd: BytesRoom;
let scalar: BytesRoom;

beforeAll(async () => {
  simd = await BytesRoom.start(true);
  scalar = await BytesRoom.start(false);
});

test(`${INPUTS} mutated chat bodies are judged as JSON.parse judges them`, () => {
  const random = randomFrom(20261125);
  let valid = 0;
  for (let i = 0; i < INPUTS; i++) {
    const body = mutate(Buffer.from(pick(SEEDS, random)), random);
    const wrong = divergence(simd, body);
    if (wrong) expect.fail(`input ${i}: ${wrong}: ${JSON.stringify(body.toString("latin1"))}`);
    const answers = [simd.scan(body), scalar.scan(body)] as const;
    if (!isDeepStrictEqual(answers[0], answers[1]))
      expect.fail(`input ${i}: the scalar build differs: ${JSON.stringify([body.toString("latin1"), ...answers])}`);
    if (answers[0].status === "ok") valid++;
  }
  // A corpus that is nearly all valid or all broken would prove little.
  expect(valid).toBeGreaterThan(INPUTS / 10);
  expect(valid).toBeLessThan((INPUTS * 9) / 10);
});
