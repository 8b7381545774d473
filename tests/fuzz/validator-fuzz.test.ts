import { beforeAll, expect, test } from "vitest";
import { GuardRoom, cut, type Dialect } from "../unit/validator-room.js";
import { recorded } from "../unit/streams/all-streams.js";
import { randomFrom, type Random } from "./random.js";

/**
 * The judge against a slow one in TypeScript, which reads a stream as a whole with JSON.parse and says in a few lines what each
 * dialect's events mean: on recorded streams that were mutated at random (seeded), and cut anywhere.
 */
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 10_000);

/* eslint-disable @typescript-eslint/no-explicit-any */

interface Marks {
  error?: boolean;
  content?: boolean;
  /** The model has begun, without a word. */
  sign?: boolean;
  /** It stopped by itself, without a word. */
  stop?: boolean;
  end?: boolean;
  last?: boolean;
}
/** How many finish reasons there were, the highest number of a choice, and the most tokens that were counted, in a whole stream. */
interface Counts {
  finished: number;
  highest: number;
  tokens: number;
}
type Read = (event: any, counts: Counts) => Marks | undefined;

/** Not null, false, 0, "", [] or {}. */
const filled = (value: any): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
const list = (value: any): any[] => (Array.isArray(value) ? value : []);

const NO_CONTENT =
  "role name index id object type status usage metadata logprobs annotations content_filter_results content_filter_offsets obfuscation " +
  "context end_turn prefix recipient provider_specific_fields finish_reason stop_reason";
const GIVEN_UP = ["error", "abort", "cancelled", "timeout", "insufficient_system_resource", "network_error"];

/** Any member that is filled, but for those that are known to say nothing. */
const says = (part: any, nothing: string): boolean =>
  typeof part === "object" &&
  part !== null &&
  !Array.isArray(part) &&
  Object.keys(part).some(name => filled(part[name]) && !nothing.split(" ").includes(name));
const count = (counts: Counts, usage: any, name: string): void => {
  if (Number.isInteger(usage?.[name]) && usage[name] >= 0) counts.tokens = Math.max(counts.tokens, usage[name]);
};

const openai: Read = (event, counts) => {
  const choices = list(event?.choices);
  const ends = choices.filter(choice => filled(choice?.finish_reason) && choice.finish_reason !== "null");
  counts.finished += ends.length;
  const numbers = choices.map(choice => choice?.index).filter(index => Number.isInteger(index));
  counts.highest = Math.max(counts.highest, ...numbers);
  count(counts, event?.usage, "completion_tokens");
  const parts = choices.flatMap(choice => [choice?.delta, choice?.message]);
  const content = choices.some(choice => filled(choice?.text)) || parts.some(part => says(part, NO_CONTENT));
  const reason = choices.filter(choice => typeof choice?.finish_reason === "string").at(-1)?.finish_reason;
  const unwrapped = filled(event?.code) && filled(event?.message) && !filled(event?.choices);
  const others = [event?.base_resp?.status_code, event?.Response?.Error];
  return {
    error:
      [...[event, ...choices].map(part => part?.error), ...others].some(filled) ||
      GIVEN_UP.includes(reason) ||
      unwrapped,
    content: content || (ends.length > 0 && reason !== "stop"),
    stop: !content && ends.length > 0 && reason === "stop",
    end: counts.finished > counts.highest,
  };
};

const messages: Read = event => {
  const { type, delta, content_block: block } = event ?? {};
  const known = block?.type === undefined || ["text", "thinking"].includes(block.type);
  const content =
    says(delta, "type stop_reason stop_sequence stop_details container usage") ||
    [delta, event].some(part => filled(part?.stop_reason) && part.stop_reason !== "null") ||
    ["text", "thinking"].some(name => filled(block?.[name])) ||
    !known;
  if (filled(event?.error) || type === "error") return { error: true };
  const sign = block?.type === "thinking";
  if (type === "ping" && !content && !sign) return undefined;
  return { content, sign, end: type === "message_stop", last: type === "message_stop" };
};

const QUIET = ["created", "queued", "in_progress", "output_item.added", "content_part.added", "completed"];
const ALL_QUIET = QUIET.map(name => `response.${name}`);
const SIGNS = ["response.reasoning_summary_part.added", "response.reasoning_part.added"];

const responses: Read = (event, counts) => {
  const { type, delta, item } = event ?? {};
  count(counts, event?.usage, "output_tokens");
  count(counts, event?.response?.usage, "output_tokens");
  if (filled(event?.error) || filled(event?.response?.error)) return { error: true };
  if (["response.failed", "response.cancelled", "error"].includes(type)) return { error: true };
  if (["ping", "keepalive"].includes(type)) return undefined;
  const stop = type === "response.completed";
  const whole = stop || type === "response.incomplete";
  const ends = { end: whole, last: whole, stop, sign: SIGNS.includes(type) };
  if (delta !== undefined && !filled(delta)) return { ...ends, content: false };
  if (stop && (filled(event?.output) || filled(event?.response?.output))) return { ...ends, content: true };
  const isCall = item?.type !== undefined && !["message", "reasoning"].includes(item.type);
  return {
    ...ends,
    sign: ends.sign || item?.type === "reasoning",
    content: isCall || (Boolean(type) && !ALL_QUIET.includes(type) && !SIGNS.includes(type)),
  };
};

const other: Read = event => ({ error: [event?.error, event?.base_resp?.status_code].some(filled), content: true });

const READS: Record<Dialect, Read> = { chat: openai, completions: openai, responses, messages, other };

/** HTML standard, 9.2.6: name and data of each event that has data, and whether the text ends within one. */
function eventsOf(text: string): { events: { name: string; data: string }[]; rest: string | undefined; open: boolean } {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const events: { name: string; data: string }[] = [];
  let data: string[] = [];
  let name = "";
  const take = (line: string) => {
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (field === "data") data.push(value);
    else if (field === "event") name = value;
  };
  for (const line of lines.slice(0, -1)) {
    if (line !== "") take(line);
    else {
      if (data.length > 0) events.push({ name, data: data.join("\n") });
      data = [];
      name = "";
    }
  }
  const last = lines.at(-1)!;
  if (last !== "") take(last);
  return { events, rest: data.length > 0 ? data.join("\n") : undefined, open: data.length > 0 || last !== "" };
}

function parse(data: string): { value: any } | undefined {
  try {
    return { value: JSON.parse(data) };
  } catch {
    return undefined;
  }
}

/** As the official clients ask. */
const isDone = (data: string | undefined): boolean => data?.startsWith("[DONE]") ?? false;

/** What a stream comes to under guard first-event. `good`: there was content, or a sign of it. */
function slowly(dialect: Dialect, text: string) {
  const counts = { finished: 0, highest: 0, tokens: -1 };
  const state = { good: false, ended: false, done: false, failed: false, cause: "none" };
  const bare = dialect === "messages" || dialect === "responses";
  let [vague, content, stopped, told, cut, finishIsNoEnd, endedAt] = [false, false, false, false, false, false, 0];
  const fail = (cause: string) => {
    if (!state.failed) Object.assign(state, { failed: true, cause });
  };
  const isOver = () => state.done || cut || (state.failed && !state.good);
  const settle = () => {
    if (content) return;
    if (stopped && counts.tokens !== 0) content = state.good = true;
    else fail("empty");
  };
  const takeError = (hidden: boolean) => {
    if (!told && state.good && hidden && !state.ended) cut = true;
    else told = true;
    fail("error-inside");
  };
  const mark = (marks: Marks) => {
    if (marks.stop) stopped = true;
    if (marks.content && state.ended && counts.highest === endedAt) finishIsNoEnd = true;
    if (marks.content) content = true;
    if (marks.content || marks.sign) state.good = true;
    if (marks.last) state.done = true;
    if (!marks.end || (finishIsNoEnd && !state.done)) {
      state.ended = false;
      return;
    }
    if (state.done || !stopped) {
      settle();
      if (!content) return;
    }
    state.ended = true;
    endedAt = counts.highest;
  };
  const takeDone = () => {
    const isNoEnd = !told && (bare ? !state.ended : !content && !(stopped && counts.tokens !== 0));
    if (isNoEnd) {
      cut = state.good;
      fail(content ? "no-end-mark" : "empty");
    } else if (!bare) mark({ end: true, last: true });
  };
  const { events, rest, open } = eventsOf(text);
  for (const { name, data } of events) {
    if (isOver()) break;
    if (isDone(data)) {
      takeDone();
      continue;
    }
    const event = parse(data);
    const marks = event && READS[dialect](event.value, counts);
    const isSkipped = dialect === "messages" && name === "";
    // What stands in an event before it breaks may have been counted.
    if (!event && data.trim() !== "") vague = true;
    if (name === "error") takeError(dialect !== "messages" && event !== undefined && !isRaised(dialect, event.value));
    else if (marks?.error) takeError(dialect === "messages" || !isRaised(dialect, event!.value));
    else if (marks && !isSkipped) mark(marks);
    else if ((marks || (!event && data.trim() !== "")) && !state.good) fail("garbage");
  }
  if (!isOver()) {
    if (isDone(rest)) takeDone();
    if (!state.failed && !state.ended && state.good) {
      if (open && !isDone(rest)) fail("truncated");
      else if (dialect === "other") state.ended = true;
      else fail("no-end-mark");
    }
  }
  if (!state.failed) settle();
  return { ...state, vague };
}

/** Whether an official client that goes by members raises it, or shows it as the failure that it is. */
const isRaised = (dialect: Dialect, event: any): boolean =>
  dialect === "responses"
    ? Boolean(responses(event, { finished: 0, highest: 0, tokens: -1 })?.error)
    : filled(event?.error);

const FRAGMENTS = [
  ...[
    "\n",
    "\r",
    "\r\n\r\n",
    "data: ",
    "data:",
    "event: error\n",
    "event: x\n",
    ": c\n",
    "data: [DONE]\n\n",
    "id: 1\n",
  ],
  ...[
    'data: {"error":{"code":"a"}}\n\n',
    'data: {"error":null}\n\n',
    "data: {}\n\n",
    "data: 1\n\n",
    "data\n\n",
    "data: \n\n",
  ],
  ...[
    'data: {"choices":[]}\n\n',
    'data: {"choices":[{"index":1,"delta":{"content":"x"}}]}\n\n',
    "data: {nonsense}\n\n",
  ],
  ...['data: {"choices":[{"finish_reason":"null"}]}\n\n', 'data: {"choices":[],"usage":{"completion_tokens":0}}\n\n'],
  ...['data: {"base_resp":{"status_code":1}}\n\n', 'event: ping\ndata: {"type":"ping"}\n\n', "data: [DON"],
  ...['event: message_stop\ndata: {"type":"message_stop"}\n\n', 'event: error\ndata: {"type":"error"}\n\n'],
  ...['data: {"choices":[{"finish_reason":"error"}]}\n\n', 'data: {"choices":[{"error":{"code":502}}]}\n\n'],
  ...['data: {"choices":[{"index":0,"finish_reason":"stop"}]}\n\n', 'data: {"code":"a","message":"b"}\n\n'],
  ...[
    'data: {"type":"ping"}\n\n',
    'data: {"type":"message_stop"}\n\n',
    'data: {"type":"error"}\n\n',
    '"',
    "{",
    "}",
    "[",
    "]",
  ],
  ...[
    'data: {"type":"response.completed"}\n\n',
    'data: {"type":"response.failed"}\n\n',
    "null",
    "false",
    "0",
    '""',
    ",",
  ],
];

/** Lines and events come twice, go, change their order; texts come in between, and bytes go. */
function mutate(text: string, random: Random): string {
  for (let rounds = 1 + random(3); rounds > 0; rounds--) {
    const pieces = text.split(/(?<=\n\n)/);
    const [i, j] = [random(pieces.length), random(pieces.length)];
    const at = random(text.length + 1);
    switch (random(7)) {
      case 0:
        pieces.splice(i, 1);
        break;
      case 1:
        pieces.splice(i, 0, pieces[j]!);
        break;
      case 2:
        [pieces[i], pieces[j]] = [pieces[j]!, pieces[i]!];
        break;
      case 3:
      case 4:
        pieces.splice(i, 0, FRAGMENTS[random(FRAGMENTS.length)]!);
        break;
      case 5:
        text = text.slice(0, at) + FRAGMENTS[random(FRAGMENTS.length)]! + text.slice(at);
        continue;
      default:
        text = random(2) ? text.slice(0, at) : text.slice(0, at) + text.slice(at + 1 + random(3));
        continue;
    }
    text = pieces.join("");
  }
  return text;
}

let rooms: GuardRoom[];

beforeAll(async () => {
  rooms = [await GuardRoom.start(), await GuardRoom.start(false)];
});

test(`${INPUTS} mutated streams are judged as a slow judge does`, () => {
  const random = randomFrom(20261125);
  const outcomes = new Map<string, number>();
  for (let i = 0; i < INPUTS; i++) {
    const { dialect, text } = recorded[random(recorded.length)]!;
    const mutated = mutate(text, random);
    // What does not begin as a stream is read as a document.
    if (dialect !== "other" && !/^\s*([deir:]|$)/.test(mutated)) continue;
    const { vague, ...truth } = slowly(dialect, mutated);
    if (vague && ["chat", "completions"].includes(dialect)) continue;
    const bytes = Buffer.from(mutated);
    const room = rooms[i % 2]!;
    const places = Array.from({ length: random(4) }, () => random(bytes.length + 1));
    const { good, ended, done, failed, cause } = room.judge({ dialect }, cut(bytes, places));
    expect({ good, ended, done, failed, cause }, `input ${i}, ${dialect}: ${JSON.stringify(mutated)}`).toEqual(truth);
    const ending = room.ending(dialect).toString();
    if (failed && !ended && good && ending !== "") {
      // What follows it makes a client raise: by an error, or because its last event is no JSON.
      const last = eventsOf(room.given + ending).events.at(-1)!;
      const told = parse(last.data);
      if (told) expect(filled(told.value?.error), `ending of input ${i}: ${JSON.stringify(mutated)}`).toBe(true);
    }
    outcomes.set(cause, (outcomes.get(cause) ?? 0) + 1);
  }
  // A corpus that comes to one thing would prove little.
  for (const cause of ["none", "empty", "error-inside", "garbage", "truncated", "no-end-mark"])
    expect(outcomes.get(cause), cause).toBeGreaterThan(INPUTS / 200);
});
