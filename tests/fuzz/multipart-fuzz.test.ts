import { beforeAll, expect, test } from "vitest";
import { BytesRoom } from "../unit/text-room.js";
import { randomFrom, type Random } from "./random.js";

/**
 * The strict reader of forms against a lenient one, as a provider may have it: whatever the strict one takes, both read the same. So
 * no form chooses a route here by one model and is answered there by another. Forms are mutated at random (seeded).
 */
const INPUTS = 15_000;

const TYPE = "multipart/form-data; boundary=XyZ";
const part = (head: string, value: string) => `--XyZ\r\n${head}\r\n\r\n${value}\r\n`;
const named = (name: string, value: string) => part(`Content-Disposition: form-data; name="${name}"`, value);
const FILE = part(
  'content-disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg',
  "\0\r\n-",
);
const SEEDS = [
  `${named("model", "whisper-1")}${FILE}${named("stream", "true")}--XyZ--\r\n`,
  `${FILE}${part("A: b\r\nContent-Disposition: form-data; name=model", "m")}--XyZ--`,
  `${named("user", "u")}${named("models", "x")}${named("model", "")}--XyZ--\r\nepilogue`,
];
const FRAGMENTS = [
  ...[
    "\r\n",
    "\r",
    "\n",
    "--XyZ",
    "\r\n--XyZ\r\n",
    "\r\n--XyZ--",
    "--XyZ--\r\n",
    "--",
    "XyZ",
    " ",
    "\t",
    '"',
    ";",
    ":",
    "=",
    "\\",
  ],
  ...['name="model"', "; name=model", '; name*="model"', 'Content-Disposition: form-data; name="model"\r\n', "\0"],
  ...[named("model", "other"), named("stream", "false"), FILE, "\r\n\r\n", 'filename="; name=model"', "MODEL", "model"],
];

function mutate(form: string, random: Random): string {
  for (let rounds = 1 + random(3); rounds > 0; rounds--) {
    const at = random(form.length + 1);
    const fragment = FRAGMENTS[random(FRAGMENTS.length)]!;
    const other = random(form.length + 1);
    const kind = random(5);
    if (kind === 0) form = form.slice(0, at) + form.slice(at + 1 + random(4));
    else if (kind === 1) form = form.slice(0, at) + form.slice(other, other + random(60)) + form.slice(at);
    else if (kind === 2 && random(4) === 0) form = form.slice(0, at);
    else form = form.slice(0, at) + fragment + form.slice(at);
  }
  return form;
}

/** Splits at every delimiter, takes any header that looks like one, and a name however it is written. */
function leniently(form: string, field: string): string | undefined {
  let found: string | undefined;
  for (const piece of `\r\n${form}`.split("\r\n--XyZ").slice(1)) {
    if (piece.startsWith("--")) break;
    const split = piece.indexOf("\r\n\r\n");
    const head = piece.slice(0, split < 0 ? 0 : split);
    const disposition = /^content-disposition:.*$/im.exec(head)?.[0] ?? "";
    const quoted = /[;\s]name="((?:[^"\\]|\\.)*)"/i.exec(disposition.replace(/filename="(?:[^"\\]|\\.)*"/gi, ""));
    const bare = /[;\s]name=([^";\s]+)/i.exec(disposition.replace(/"(?:[^"\\]|\\.)*"/g, ""));
    if ((quoted ?? bare)?.[1] === field) found = piece.slice(split + 4);
  }
  return found;
}

let room: BytesRoom;

beforeAll(async () => {
  room = await BytesRoom.start();
});

test(`${INPUTS} mutated forms that are taken are read as a lenient reader does`, () => {
  const random = randomFrom(35);
  let taken = 0;
  for (let i = 0; i < INPUTS; i++) {
    const form = mutate(SEEDS[random(SEEDS.length)]!, random);
    const answer = room.multipart(TYPE, Buffer.from(form, "latin1"));
    if (!("model" in answer)) continue;
    taken++;
    for (const field of ["model", "stream"] as const)
      expect(answer[field], `${field} of input ${i}: ${JSON.stringify(form)}`).toEqual(leniently(form, field));
  }
  expect(taken).toBeGreaterThan(INPUTS / 10);
  expect(taken).toBeLessThan((INPUTS * 9) / 10);
});
