/** What the person is told whose request's body is refused: what is wrong, what was found, and where. */
import { describe, expect, it } from "vitest";
import { chat } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const FORM = { "content-type": "multipart/form-data; boundary=b" };
const part = (name: string, text: string) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;

/** Behind "The request's body ". */
const JSON_TEXTS: [body: string | Buffer, told: string][] = [
  ["", "is empty, and must be a JSON object"],
  [" \n", "is empty, and must be a JSON object"],
  ['[{"model":"m"}]', "must be a JSON object, and is an array"],
  ['"m"', "must be a JSON object, and is a string"],
  [" null", "must be a JSON object, and is null"],
  ["7", "must be a JSON object, and is a number"],
  ["model=m", "is not valid JSON: unexpected character 'm' at byte 0"],
  ["{'model':'m'}", "is not valid JSON: unexpected character ''' at byte 1"],
  ['{"model":"m",}', "is not valid JSON: unexpected character '}' at byte 13"],
  ['{"model":"m","top_p":NaN}', "is not valid JSON: unexpected character 'N' at byte 21"],
  ['{"model":"m","n":Infinity}', "is not valid JSON: unexpected character 'I' at byte 17"],
  ['{"model":"m","stream":True}', "is not valid JSON: unexpected character 'T' at byte 22"],
  ['{"model":"m" "n":1}', "is not valid JSON: unexpected character '\"' at byte 13"],
  ['{"model":"m"}}', "is not valid JSON: more follows behind its end at byte 13"],
  ['{"model":"m"}\n{"model":"m"}', "is not valid JSON: more follows behind its end at byte 14"],
  [
    '{"model":"m","user":"a\nb"}',
    "is not valid JSON: unexpected control character (a line break in a string is written \\n) at byte 22",
  ],
  ['{"model":"m",\u201cuser\u201d:1}', "is not valid JSON: unexpected character at byte 13"],
  ['{"model":"m","user":"ab', "is not valid JSON: it ends too early at byte 23"],
  [Buffer.from('{"user":"\xe9"}', "latin1"), "is not valid JSON: it is not UTF-8 at byte 9"],
  ['\ufeff{"model":"m"}', "is not valid JSON: it starts with a byte order mark"],
  [`{"a":${"[".repeat(600)}`, "nests deeper than 512 levels at byte 516"],
  ['{"model":"m","model":"m"}', "names 'model' twice, again at byte 13"],
  ['{"Model":"m"}', `has the key "Model" at byte 1, and keys are in lower case: some servers read it, others do not`],
  [
    '{"model":"m","STREAM":true}',
    `has the key "STREAM" at byte 13, and keys are in lower case: some servers read it, others do not`,
  ],
];
const VALUES: [body: string, told: string][] = [
  ['{"model":7}', "'model' must be a string, and is a number"],
  ['{"model":null}', "'model' must be a string, and is null"],
  ['{"model":["m"]}', "'model' must be a string, and is an array"],
  [`{"model":"${"m".repeat(1025)}"}`, "'model' is longer than 1024 bytes"],
  ['{"model":"m\\n"}', "'model' holds a control character"],
  ['{"model":"m","stream":"true"}', "'stream' must be true or false, and is a string"],
  ['{"model":"m","stream":1}', "'stream' must be true or false, and is a number"],
];
const FORMS: [body: string, told: string][] = [
  [part("model", "m"), "it ends too early"],
  ["model=m", "its parts cannot be told apart"],
  [`${part("model", "m")}${part("model", "m")}--b--`, "'model' stands in it twice"],
];

describe("a request's body that is refused", () => {
  const told = (path: string, body: string | Buffer, headers = {}) => {
    const envoy = start({ provider: id => ({ messagesUrl: `https://${id}.test/v1` }), clusters: { qwen: chat("Hi") } });
    const call = envoy.ask({ path, headers, body: body.length > 0 ? [body] : [] });
    expect(envoy.provider("qwen").seen).toEqual([]);
    return [call.status, call.json().error.message as string];
  };

  const sentences = [...JSON_TEXTS.map(([body, said]) => [body, `The request's body ${said}`] as const), ...VALUES];
  it.each(sentences)("%j", (body, message) => {
    for (const path of ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
      expect(told(path, body)).toEqual([400, message]);
  });

  it.each(FORMS)("a form: %j", (body, said) => {
    const message = `The request's body is not valid multipart/form-data: ${said}`;
    expect(told("/v1/audio/transcriptions", body, FORM)).toEqual([400, message]);
  });
});

describe.each(MODES)("in %s mode", mode => {
  it("a body that is missing is no mistake where none may be needed", () => {
    const envoy = start({ mode, clusters: { qwen: chat("Hi") } });
    expect(envoy.ask({ path: "/v1/responses/r-1/cancel", body: [] }).status).toBe(200);
  });
});
