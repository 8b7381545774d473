/** Judges a failed attempt by the failure judgements. */
import { containsIgnoreCase, equalsIgnoreCase, indexOf, Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Family } from "../config/presets";
import { ErrorText, Place } from "./error-text";
import { ASKED_MODEL, QUOTED } from "./error-words";
import { Row, STAR, Where, With } from "./failure-row";
import { BROAD, ROWS } from "./failure-table";
import * as judgements from "./judgement";
import { Judgement } from "./judgement";
import * as retryAfter from "./retry-after";
import { waitInWords } from "./wait-words";
import { Cause, End, Next, Scope, Verdict } from "./verdict";

/** A failed answer, as its judges need it. One record is used again and again: set all its fields. */
export class FailedAnswer {
  family: Family = Family.OpenAI;
  status: i32 = 0;
  /** Of its body the first bytes, perhaps cut. */
  body: usize = 0;
  len: usize = 0;
  /** The model's name at the provider; length 0: the request named none. */
  model: usize = 0;
  modelLen: usize = 0;
  /** To a path that no API of ours has: the provider may lack the path, and have the model. */
  isStrangePath: bool = false;
  /** The provider's wall clock, ms; 0: not known. */
  unixMs: i64 = 0;
  /** What its headers asked for, ms; -1: nothing. */
  waitMs: i64 = -1;
  /** See `AskedWait`. */
  isWaitFirm: bool = false;
  isSubscription: bool = false;

  /** Everything but the wait, which is that of no header. */
  set(family: Family, status: i32, body: usize, len: usize): void {
    this.family = family;
    this.status = status;
    this.body = body;
    this.len = len;
    this.model = 0;
    this.modelLen = 0;
    this.isStrangePath = false;
    this.unixMs = 0;
    this.waitMs = -1;
    this.isWaitFirm = false;
    this.isSubscription = false;
  }
}

const BAD_REQUEST = 400;
const PAYMENT_REQUIRED = 402;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const GONE = 410;
const PRECONDITION_FAILED = 412;
const TOO_LARGE = 413;
const UNPROCESSABLE = 422;
const TOO_MANY = 429;

/** What the body of the answer says that was judged last. */
export const errorText = new ErrorText();

/** Whether an answer's body may say more than its status. */
export function needsBody(status: i32): bool {
  return status >= 400;
}

/** An answer with a bad status. */
export function classifyAnswer(answer: FailedAnswer, verdict: Verdict): void {
  readText(answer);
  conclude(judgementOf(answer), verdict);
  if (verdict.scope == Scope.ProviderApi && answer.isStrangePath) verdict.scope = Scope.Nobody;
  addWait(answer, verdict);
}

/** An error object inside an answer whose status was good: the provider is not asked the same again. */
export function classifyError(answer: FailedAnswer, verdict: Verdict): void {
  readText(answer);
  const inside = errorText.status;
  let judgement = rowIn(ROWS, answer.family, inside, true);
  if (judgement === null && inside == 0) judgement = rowIn(BROAD, answer.family, inside, true);
  if (judgement === null) judgement = judgements.judgementOfStatus(inside > 0 ? inside : answer.status);
  conclude(judgement, verdict);
  if (verdict.next == Next.SameProvider) verdict.next = Next.NextProvider;
  addWait(answer, verdict);
}

/** An attempt without an answer that could be judged. */
export function classifyEnd(end: End, verdict: Verdict): void {
  conclude(unchecked(judgements.END_JUDGEMENTS[end]), verdict);
  verdict.mayBeStale = end == End.Reset;
}

function conclude(judgement: Judgement, verdict: Verdict): void {
  verdict.cause = judgement.cause;
  verdict.scope = judgement.scope;
  verdict.next = judgement.next;
  verdict.widens = judgement.widens;
  verdict.countsHalf = judgement.countsHalf;
  verdict.mayBeStale = false;
  verdict.staysAtProvider = false;
  verdict.waitMs = -1;
}

function readText(answer: FailedAnswer): void {
  retryAfter.start(answer.unixMs);
  errorText.read(answer.body, answer.len, answer.model, answer.modelLen, answer.unixMs);
  retryAfter.finish();
}

// === What an answer proves ===

function judgementOf(answer: FailedAnswer): Judgement {
  const status = answer.status;
  if (status < 400) return judgements.judgementOfStatus(status);
  const known = rowIn(ROWS, answer.family, status, isOfRequest(status));
  if (known !== null) return inStatus(known, answer);
  if (status == FORBIDDEN && isPage(answer.body, answer.len)) return judgements.FIREWALL;
  if (refusesModel(status)) return judgements.NO_MODEL;
  if (namesParameter()) {
    if (isMissing(status)) return judgements.UNKNOWN;
    if (status == BAD_REQUEST || status == UNPROCESSABLE || status == TOO_LARGE) return judgements.CALLER;
  }
  return status == TOO_MANY ? rateOf(answer) : judgements.judgementOfStatus(status);
}

/** What known words prove may depend on the status. */
function inStatus(known: Judgement, answer: FailedAnswer): Judgement {
  if (known === judgements.RATE) return rateOf(answer);
  if (known === judgements.FAULT) return faultOf(answer.status);
  // A 401 or 403 is about the token: others may see the model.
  if (known === judgements.NO_MODEL && isRefusal(answer.status)) return judgements.NO_MODEL_OR_ACCESS;
  if (known === judgements.CALLER && refusesModel(answer.status)) return judgements.NO_MODEL;
  return known;
}

/** Words of a rate may mean something else: a subscription's window, or one request that is too much at once. */
function rateOf(answer: FailedAnswer): Judgement {
  if (answer.status == TOO_LARGE) return judgements.TOO_LARGE;
  return answer.isSubscription ? judgements.ACCOUNT_WINDOW : judgements.RATE;
}

/** Who says by a 4xx that there is too much work would say it again. */
function faultOf(status: i32): Judgement {
  return status < 500 ? judgements.SLOW_FAULT : judgements.FAULT;
}

/** Whether a status tells of the request or of nothing: then a client's words may stand in the message. */
function isOfRequest(status: i32): bool {
  switch (status) {
    case UNAUTHORIZED:
    case PAYMENT_REQUIRED:
    case FORBIDDEN:
    case PRECONDITION_FAILED:
    case TOO_MANY:
      return false;
    default:
      return true;
  }
}

/** A web page: a firewall before the provider did not like the prompt, and would not like it with another token. */
function isPage(body: usize, len: usize): bool {
  let at: usize = 0;
  while (at < len && <i32>load<u8>(body + at) <= Char.Space) at++;
  return at < len && <i32>load<u8>(body + at) == Char.Less;
}

function isRefusal(status: i32): bool {
  return status == UNAUTHORIZED || status == FORBIDDEN;
}

function isMissing(status: i32): bool {
  return status == NOT_FOUND || status == GONE;
}

/** What denies a thing, and what tells that the thing is a part of the request. Of these, words beside the model's name in a 400. */
const DENIALS: Bytes[] = words(
  "not no invalid unknown unsupported unavailable unrecognized cannot isnt arent passed decommissioned deprecated retired removed " +
    "sunset discontinued withdrawn",
);
const REQUEST_WORDS: Bytes[] = words(
  "parameter parameters max_tokens max_completion_tokens temperature top_p tool tools image images input inputs content tokens " +
    "prompt role format schema stream streaming function functions value field audio vision reasoning reasoning_effort " +
    "thinking logprobs system modalities message messages stop seed n response_format tool_choice file \x01",
);
/** The parameter `model` may be blamed for what the model does not do. */
const ABILITY_WORDS: Bytes[] = words("support supports supported endpoint api used");
/** Before the model's name, also with an article between them: something else is denied, that the model does not do. */
const OF_THE_MODEL: Bytes[] = words("for with by in on to using from of");
const ARTICLES: Bytes[] = words("the this model models deployment");
/** Right behind it, or behind the denial: the same. */
const OF_ITS_ABILITIES: Bytes[] = words(
  "does doesnt do dont can cannot could may must has have only requires needs supports allows",
);
const TOGETHER_WITH: Bytes[] = words("via with for when while using together unless without");

/** With their blanks. */
function words(texts: string): Bytes[] {
  return texts.split(" ").map<Bytes>((text: string) => Bytes.of(" " + text + " "));
}

/** A 404 or 410 that is about the model, or a 400 that denies it and nothing else. */
function refusesModel(status: i32): bool {
  if (isMissing(status)) return errorText.namesModel || blamesModel();
  if (status != BAD_REQUEST && status != UNPROCESSABLE) return false;
  if (blamesModel()) return !saysOneOf(ABILITY_WORDS);
  return errorText.namesModel && !namesParameter() && !saysOneOf(REQUEST_WORDS) && deniesModel();
}

/** Whether a message denies the model itself: "M is not available", but not "tools are not available with M" or "M does not do X". */
function deniesModel(): bool {
  for (let i = 0; i < errorText.count; i++) {
    const text = errorText.at(i);
    const end = text.words + text.wordsLen;
    // A sentence begins and ends with a blank.
    let from = text.words;
    for (let p = from; p < end; p++) {
      if (p + 1 < end && load<u8>(p) != Char.Dot) continue;
      const model = p > from ? indexOfModel(from, p) : 0;
      if (model != 0 && hasOneOf(DENIALS, from, p) && isItself(from, model, p)) return true;
      from = p + 1;
    }
  }
  return false;
}

/** Where the model's name stands among words; 0: nowhere. */
function indexOfModel(from: usize, end: usize): usize {
  for (let p = from; p < end; p++) if (load<u8>(p) == ASKED_MODEL) return p;
  return 0;
}

/** `model`: where its name stands in the sentence, a blank on either side. */
function isItself(from: usize, model: usize, end: usize): bool {
  let before = model;
  while (endsWithOneOf(ARTICLES, from, before)) before = wordBefore(from, before);
  if (endsWithOneOf(OF_THE_MODEL, from, before)) return false;
  const behind = model + 1;
  if (startsWithOneOf(OF_ITS_ABILITIES, behind, end)) return isExistence(behind, end);
  return !hasOneOf(TOGETHER_WITH, behind, end);
}

const EXIST = Bytes.of(" exist ");
const BE_FOUND = Bytes.of(" be found ");

/** "M does not exist" is about M, "M does not take pictures" is not. */
function isExistence(from: usize, end: usize): bool {
  return (
    indexOf(from, end + 1 - from, EXIST.ptr, EXIST.len) >= 0 ||
    indexOf(from, end + 1 - from, BE_FOUND.ptr, BE_FOUND.len) >= 0
  );
}

function hasOneOf(words: Bytes[], from: usize, end: usize): bool {
  for (let i = 0, k = words.length; i < k; i++) {
    const word = unchecked(words[i]);
    if (indexOf(from, end + 1 - from, word.ptr, word.len) >= 0) return true;
  }
  return false;
}

function startsWithOneOf(words: Bytes[], from: usize, end: usize): bool {
  for (let i = 0, k = words.length; i < k; i++) {
    const word = unchecked(words[i]);
    if (from + word.len <= end + 1 && memory.compare(from, word.ptr, word.len) == 0) return true;
  }
  return false;
}

/** `end` is behind a blank. */
function endsWithOneOf(words: Bytes[], from: usize, end: usize): bool {
  for (let i = 0, k = words.length; i < k; i++) {
    const word = unchecked(words[i]);
    if (end - from >= word.len && memory.compare(end - word.len, word.ptr, word.len) == 0) return true;
  }
  return false;
}

/** Where the last word before `end` begins. */
function wordBefore(from: usize, end: usize): usize {
  let p = end - 1;
  while (p > from && load<u8>(p - 1) != Char.Space) p--;
  return p;
}

function saysOneOf(words: Bytes[]): bool {
  for (let i = 0; i < errorText.count; i++) {
    const text = errorText.at(i);
    if (text.wordsLen == 0) continue;
    for (let j = 0, k = words.length; j < k; j++) {
      const word = unchecked(words[j]);
      if (indexOf(text.words, text.wordsLen, word.ptr, word.len) >= 0) return true;
    }
  }
  return false;
}

const MODEL = Bytes.of("model");
const NULL = Bytes.of("null");

/** Whether the body says that the model is what is wrong. */
function blamesModel(): bool {
  for (let i = 0; i < errorText.count; i++) {
    const text = errorText.at(i);
    if (text.place == Place.Param && equalsIgnoreCase(text.ptr, text.len, MODEL)) return true;
  }
  return false;
}

/** Whether the body says which parameter is wrong, and it is not the model. */
function namesParameter(): bool {
  if (blamesModel()) return false;
  for (let i = 0; i < errorText.count; i++) {
    const text = errorText.at(i);
    if (text.place == Place.Param && !equalsIgnoreCase(text.ptr, text.len, NULL)) return true;
  }
  return false;
}

// === The table ===

/** `guarded`: a client's words may be in the message. */
function rowIn(rows: Row[], family: Family, status: i32, guarded: bool): Judgement | null {
  const refuses = isRefusal(status);
  // No fault of the provider makes it ask for a token or for money.
  const hasSpoken = refuses || status == PAYMENT_REQUIRED;
  for (let i = 0, k = rows.length; i < k; i++) {
    const row = unchecked(rows[i]);
    if ((row.families & (1 << family)) == 0) continue;
    if (row.statuses == With.Refusal ? !refuses : row.statuses == With.Missing && !isMissing(status)) continue;
    if (hasSpoken && row.judgement === judgements.FAULT) continue;
    // Nor does the name of a mistake outrank a status that tells of the token.
    if (!guarded && row.judgement === judgements.CALLER) continue;
    if (!mayFit(row)) continue;
    for (let j = 0; j < errorText.count; j++) if (fits(j, row, guarded)) return row.judgement;
  }
  return null;
}

/** A quick look, which is right where it says no. */
function mayFit(row: Row): bool {
  switch (row.where) {
    case Where.FrameCode:
      return true;
    case Where.Says:
      return errorText.wordPairs.mayHave(row.pairs);
    default:
      return errorText.codePairs.mayHave(row.pairs);
  }
}

function fits(at: i32, row: Row, guarded: bool): bool {
  const text = errorText.at(at);
  switch (row.where) {
    case Where.Code:
      return text.place == Place.Code && isCode(text.ptr, text.len, row.text);
    case Where.CodeHolds:
      return text.place == Place.Code && containsIgnoreCase(text.ptr, text.len, row.text);
    case Where.FrameCode:
      return text.place == Place.FrameCode && row.text.equals(text.ptr, text.len);
    default:
      if (text.wordsLen == 0) return false;
      return guarded && row.judgement.takesToken
        ? hasPhrase(text.words, openingLen(text.words, text.wordsLen), row.text)
        : hasPhrase(text.words, text.wordsLen, row.text);
  }
}

/** The word itself, or with a dot and more behind it, or behind AWS's "namespace#". */
function isCode(ptr: usize, len: usize, text: Bytes): bool {
  for (let i: usize = 0; i < len; i++)
    if (load<u8>(ptr + i) == Char.Hash) {
      ptr += i + 1;
      len -= i + 1;
      break;
    }
  if (len < text.len || !equalsIgnoreCase(ptr, text.len, text)) return false;
  return len == text.len || load<u8>(ptr + text.len) == Char.Dot;
}

const MOST_BETWEEN = 4;

/** A phrase in words, of which `*` stands for up to four. */
function hasPhrase(ptr: usize, len: usize, phrase: Bytes): bool {
  const star = indexOf(phrase.ptr, phrase.len, STAR_TEXT, 1);
  if (star < 0) return indexOf(ptr, len, phrase.ptr, phrase.len) >= 0;
  const end = ptr + len;
  const rest = phrase.ptr + star + 1;
  const restLen = phrase.len - star - 1;
  while (true) {
    const at = indexOf(ptr, end - ptr, phrase.ptr, star);
    if (at < 0) return false;
    // At the blank behind the first part.
    let p = ptr + at + star;
    ptr = p;
    if (p >= end || load<u8>(p) != Char.Space) continue;
    for (let i = 0; i <= MOST_BETWEEN && p + 1 + restLen <= end; i++) {
      if (memory.compare(p + 1, rest, restLen) == 0) return true;
      p++;
      if (load<u8>(p) == Char.Dot) break;
      while (p < end && load<u8>(p) != Char.Space) p++;
    }
  }
}

const STAR_TEXT = memory.data<u8>([STAR]);

/** What may stand before the colon of an opening: "Error code: 400 - ...", "OpenAIException: ...". */
const PREFIXES: Bytes[] = Bytes.ofAll(["error", "exception", "code", "request", "message", "status"]);

/** How many bytes of these words are the provider's own for sure: to the first quote or colon that is no prefix's. */
function openingLen(ptr: usize, len: usize): usize {
  for (let i: usize = 1; i < len; i++) {
    const c = load<u8>(ptr + i);
    if (c == QUOTED) return i;
    if (c == Char.Colon && !endsWithPrefix(ptr, i - 1)) return i;
  }
  return len;
}

function endsWithPrefix(ptr: usize, len: usize): bool {
  for (let i = 0, k = PREFIXES.length; i < k; i++) {
    const prefix = unchecked(PREFIXES[i]);
    if (len >= prefix.len && equalsIgnoreCase(ptr + len - prefix.len, prefix.len, prefix)) return true;
  }
  return false;
}

// === Waits ===

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/** A wrong time must not keep a thing out for ever: the longest that is believed, by what is out. */
const MOST_OF_QUOTA: i64 = 31 * DAY;
const MOST_OF_RATE: i64 = DAY;
const MOST_OF_FAULT: i64 = HOUR;

function mostOf(cause: Cause): i64 {
  switch (cause) {
    case Cause.Quota:
      return MOST_OF_QUOTA;
    case Cause.RateLimit:
      return MOST_OF_RATE;
    case Cause.Provider:
      return MOST_OF_FAULT;
    default:
      return -1;
  }
}

/** What the provider asked to wait, in headers, members and words. */
function addWait(answer: FailedAnswer, verdict: Verdict): void {
  if (verdict.scope == Scope.Nobody) return;
  const most = mostOf(verdict.cause);
  if (most < 0) return;
  const wait = min(askedWait(answer), most);
  if (verdict.cause != Cause.Quota || wait < 0) {
    verdict.waitMs = wait;
    return;
  }
  // A window that ends within a minute is a rate like any other; money does not come back so soon.
  if (wait > MINUTE) verdict.waitMs = wait;
  else if (verdict.scope == Scope.TokenModel && !verdict.widens) {
    verdict.cause = Cause.RateLimit;
    verdict.waitMs = wait;
  }
}

function askedWait(answer: FailedAnswer): i64 {
  let told = errorText.waitMs;
  for (let i = 0; i < errorText.count; i++) {
    const text = errorText.at(i);
    if (text.wordsLen > 0) told = max(told, waitInWords(text.ptr, text.len, answer.unixMs));
  }
  told = max(told, retryAfter.asked.ms);
  // Where no limit is spent, a reset says how long all of it takes to come back, and the body how long this request has to wait.
  return told >= 0 && !answer.isWaitFirm ? told : max(told, answer.waitMs);
}
