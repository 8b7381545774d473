/** Judges a failed attempt by the failure table. */
import { equalsIgnoreCase, containsIgnoreCase, Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { foundMember, lookup } from "../json/lookup";
import { parseDecimal, parseDuration } from "../http/durations";
import { AlsoOn, Provider, Route } from "../config/plugin";
import { Family } from "../config/presets";
import { CONSEQUENCES, END_CAUSES, Place, ROWS, Row, answeredBadly, causeOfStatus } from "./failure-table";
import { Cause, End, Next, Scope, Verdict } from "./verdict";

/**
 * Where providers put the pieces of an error, the most exact first: OpenAI's shape, Gemini's details, Azure's inner error,
 * DashScope's native shape, plain texts (Ollama, FastAPI), and Gemini's array of one.
 */
const CODES: Bytes[] = [
  "error.details.0.reason",
  "error.innererror.code",
  "error.code",
  "error.status",
  "code",
  "0.error.details.0.reason",
  "0.error.status",
].map<Bytes>((path: string) => Bytes.of(path));
const TYPES: Bytes[] = ["error.type", "type", "0.error.type"].map<Bytes>((path: string) => Bytes.of(path));
const MESSAGES: Bytes[] = ["error.message", "message", "error", "detail", "0.error.message"].map<Bytes>(
  (path: string) => Bytes.of(path),
);
/** A status in the body, for an error inside a 200. */
const STATUSES: Bytes[] = ["error.code", "status_code", "code", "0.error.code"].map<Bytes>((path: string) =>
  Bytes.of(path),
);
/** google.rpc.RetryInfo stands at no fixed place among the details. */
const DELAYS: Bytes[] = [
  "error.details.0.retryDelay",
  "error.details.1.retryDelay",
  "error.details.2.retryDelay",
  "error.details.3.retryDelay",
  "0.error.details.0.retryDelay",
  "0.error.details.1.retryDelay",
  "0.error.details.2.retryDelay",
  "0.error.details.3.retryDelay",
].map<Bytes>((path: string) => Bytes.of(path));

/** Whether an answer's body may say more than its status. */
export function needsBody(status: i32): bool {
  return status >= 400;
}

/** An answer with a bad status; of its body the first `len` bytes, perhaps cut. `strange`: to a path that is no completion's. */
export function classifyAnswer(
  family: Family,
  status: i32,
  body: usize,
  len: usize,
  verdict: Verdict,
  strange: bool = false,
): void {
  const known = causeInBody(family, body, len, false);
  conclude(known != Cause.None ? known : causeOfStatus(status), verdict);
  // It may be the path that the provider does not have, and the model may be well.
  if (strange && known == Cause.None && verdict.cause == Cause.Model) verdict.scope = Scope.Nobody;
  if (status == FORBIDDEN && known == Cause.None && isPage(body, len)) {
    verdict.scope = Scope.Nobody;
    verdict.next = Next.NextProvider;
  }
  if (verdict.cause == Cause.RateLimit) verdict.waitMs = delayInBody(body, len);
}

const FORBIDDEN = 403;

/** A web page: a firewall before the provider did not like the prompt, and would not like it with another token. */
function isPage(body: usize, len: usize): bool {
  let at: usize = 0;
  while (at < len && <i32>load<u8>(body + at) <= Char.Space) at++;
  return at < len && <i32>load<u8>(body + at) == Char.Less;
}

/** An error object inside an answer whose status was good: the provider is not asked the same again. */
export function classifyError(family: Family, status: i32, body: usize, len: usize, verdict: Verdict): void {
  const inside = statusInBody(body, len);
  const known = causeInBody(family, body, len, true);
  conclude(known != Cause.None ? known : causeOfStatus(inside > 0 ? inside : status), verdict);
  if (verdict.next == Next.SameProvider) verdict.next = Next.NextProvider;
  if (verdict.cause == Cause.RateLimit) verdict.waitMs = delayInBody(body, len);
}

/** An attempt without an answer that could be judged. */
export function classifyEnd(end: End, verdict: Verdict): void {
  conclude(unchecked(END_CAUSES[end]), verdict);
  if (answeredBadly(end)) verdict.next = Next.NextProvider;
  verdict.doubtful = end == End.Reset;
}

function conclude(cause: Cause, verdict: Verdict): void {
  const consequence = unchecked(CONSEQUENCES[cause]);
  verdict.cause = cause;
  verdict.scope = consequence.scope;
  verdict.next = consequence.next;
  verdict.half = consequence.half;
  verdict.doubtful = false;
  verdict.stay = false;
  verdict.waitMs = -1;
}

/** `alsoOn`, by cause. */
function alsoOnBit(cause: Cause): i32 {
  switch (cause) {
    case Cause.ContextWindow:
      return AlsoOn.ContextWindow;
    case Cause.ContentFilter:
      return AlsoOn.ContentFilter;
    case Cause.Caller:
      return AlsoOn.Caller;
    default:
      return 0;
  }
}

/** What the configuration says of a cause: other providers may not see a mistake in it. Who answers for it stays as it is. */
export function applyAlsoOn(verdict: Verdict, route: Route): void {
  if (verdict.next == Next.Return && (route.alsoOn & alsoOnBit(verdict.cause)) != 0) verdict.next = Next.NextProvider;
}

/** And of a bad status: `responseCodes` about other providers, `failoverOnStatus` and `retryOnStatus` about other tokens. */
export function applyOverrides(verdict: Verdict, status: i32, route: Route, provider: Provider): void {
  applyAlsoOn(verdict, route);
  const codes = route.responseCodes;
  if (codes !== null) {
    if (!codes.has(status)) verdict.stay = true;
    else if (verdict.next == Next.Return) verdict.next = Next.NextProvider;
  }
  const takesOut = provider.failover.failoverOnStatus;
  if (takesOut !== null && takesOut.has(status) && verdict.next == Next.Return) verdict.next = Next.NextToken;
  const retried = provider.retry.retryOnStatus;
  if (retried !== null) {
    if (!retried.has(status)) {
      if (verdict.next != Next.Return) verdict.next = Next.NextProvider;
    } else if (verdict.next == Next.Return || verdict.next == Next.NextProvider) verdict.next = Next.NextToken;
  }
  if (verdict.stay && verdict.next == Next.NextProvider) verdict.next = Next.Return;
}

// === Reading an error's body ===

/** The texts that stand in an error, without quotes: `Place`, pointer and length of each. */
const MOST_TEXTS = 16;
const places = new StaticArray<i32>(MOST_TEXTS);
const texts = new StaticArray<usize>(MOST_TEXTS);
const lengths = new StaticArray<usize>(MOST_TEXTS);
let textCount = 0;

/** `inside`: within a good answer, where no status tells a caller's mistake. */
function causeInBody(family: Family, body: usize, len: usize, inside: bool): Cause {
  textCount = 0;
  if (len == 0) return Cause.None;
  collect(body, len, CODES, Place.Code);
  collect(body, len, TYPES, Place.Type);
  collect(body, len, MESSAGES, Place.Message);
  if (textCount == 0) return Cause.None;
  for (let i = 0, k = ROWS.length; i < k; i++) {
    const row = unchecked(ROWS[i]);
    if ((row.families & (1 << family)) == 0 || (row.cause == Cause.Caller && !inside)) continue;
    const place = row.place == Place.Opening ? Place.Message : row.place;
    for (let j = 0; j < textCount; j++) {
      if (unchecked(places[j]) == place && fits(unchecked(texts[j]), unchecked(lengths[j]), row)) return row.cause;
    }
  }
  return Cause.None;
}

function collect(body: usize, len: usize, paths: Bytes[], place: Place): void {
  for (let i = 0, k = paths.length; i < k && textCount < MOST_TEXTS; i++) {
    if (!readText(body, len, unchecked(paths[i]))) continue;
    unchecked((places[textCount] = place));
    unchecked((texts[textCount] = textPtr));
    unchecked((lengths[textCount] = textLen));
    textCount++;
  }
}

let textPtr: usize = 0;
let textLen: usize = 0;

/** The string or number at `path`, as it is written. */
function readText(body: usize, len: usize, path: Bytes): bool {
  const kind = lookup(body, len, path);
  if (kind != Kind.String && kind != Kind.Number) return false;
  const quote: usize = kind == Kind.String ? 1 : 0;
  textPtr = body + foundMember.start + quote;
  textLen = foundMember.end - foundMember.start - 2 * quote;
  return true;
}

function fits(ptr: usize, len: usize, row: Row): bool {
  const text = row.text;
  if (row.place == Place.Message) return containsIgnoreCase(ptr, len, text);
  if (row.place == Place.Opening) return len >= text.len && equalsIgnoreCase(ptr, text.len, text);
  if (equalsIgnoreCase(ptr, len, text)) return true;
  return (
    row.place == Place.Code &&
    len > text.len &&
    load<u8>(ptr + text.len) == Char.Dot &&
    equalsIgnoreCase(ptr, text.len, text)
  );
}

/** A bad status that the body tells; 0: none. */
function statusInBody(body: usize, len: usize): i32 {
  for (let i = 0, k = STATUSES.length; i < k; i++) {
    if (!readText(body, len, unchecked(STATUSES[i]))) continue;
    const status = parseDecimal(textPtr, textLen);
    if (status >= 400 && status < 600) return <i32>status;
  }
  return 0;
}

/** The wait that the body asks for, ms; -1: none. */
function delayInBody(body: usize, len: usize): i64 {
  if (len == 0) return -1;
  for (let i = 0, k = DELAYS.length; i < k; i++)
    if (readText(body, len, unchecked(DELAYS[i]))) return parseDuration(textPtr, textLen);
  return -1;
}
