/** `POST /status/orders`: a person takes a token or a provider out, brings it back, or has it tried now. */
import { Bytes } from "../text/bytes";
import { Char } from "../text/ascii";
import { Span } from "../text/span";
import { NS_PER_MS } from "../text/time-units";
import { Writer } from "../text/writer";
import { parseDecimal, parseDuration } from "../http/durations";
import { Kind, check, kindOf } from "../json/lexer";
import { ObjectMembers } from "../json/object-members";
import { Status } from "../json/syntax-error";
import { unescape } from "../json/unescape";
import { Provider } from "../config/provider";
import { isExpired } from "../health/breaker-timing";
import { WHOLE_PROVIDER } from "../health/health";
import { BreakerHistory } from "../observe/breaker-history";
import { BreakerWord } from "../observe/breaker-word";
import { StatusSite } from "../observe/status-site";
import { evidence } from "../response/evidence";
import * as host from "../proxywasm/host";

const MOST_TEXT: usize = 512;

/** A member of the order, decoded. */
class OrderField {
  readonly name: Bytes;
  readonly value: Span = new Span();
  private readonly room: usize = heap.alloc(MOST_TEXT);

  constructor(name: string) {
    this.name = Bytes.of(name);
  }

  clear(): void {
    this.value.set(this.room, 0);
  }

  copy(text: Span): void {
    this.value.len = min(text.len, MOST_TEXT);
    memory.copy(this.room, text.ptr, this.value.len);
  }

  /** False: it is no text, or too long. */
  take(start: usize, end: usize): bool {
    if (kindOf(start) == Kind.Null) return true;
    if (end - start > MOST_TEXT) return false;
    if (kindOf(start) == Kind.String) this.value.len = unescape(start + 1, end - start - 2, this.room);
    else if (kindOf(start) == Kind.Number) {
      memory.copy(this.room, start, end - start);
      this.value.len = end - start;
    } else return false;
    return true;
  }
}

const DO = new OrderField("do");
const PROVIDER = new OrderField("provider");
const TOKEN = new OrderField("token");
const FOR = new OrderField("for");
const BY = new OrderField("by");
const FIELDS: OrderField[] = [DO, PROVIDER, TOKEN, FOR, BY];

enum Deed {
  TakeOut,
  BringBack,
  TryNow,
}

const DEEDS: Bytes[] = Bytes.ofAll(["take-out", "bring-back", "try-now"]);
const DONE: Bytes[] = Bytes.ofAll(["was taken out", "was brought back", "is tried now"]);
const WORDS: BreakerWord[] = [BreakerWord.TakenOut, BreakerWord.Live, BreakerWord.HalfOpen];

/** What became of an order. */
export enum OrderResult {
  Done,
  NotJson,
  /** A field that is unknown, or no text. */
  BadField,
  BadDeed,
  BadTime,
  NoProvider,
  NoToken,
  /** To be tried, and not out. */
  NotOut,
  /** To be tried, and taken out by a person. */
  HeldOut,
}

/** Carries the order out for every provider of that name among `sites`. `from`: who asks, where the order does not say. */
export function carryOut(body: Span, sites: StatusSite[], history: BreakerHistory, from: Span, now: u64): OrderResult {
  const fault = read(body);
  if (fault != OrderResult.Done) return fault;
  const deed = deedOf(DO.value);
  if (deed < 0) return OrderResult.BadDeed;
  let until = u64.MAX_VALUE;
  if (FOR.value.len > 0) {
    const ms = millis(FOR.value);
    if (ms <= 0 || deed != Deed.TakeOut) return OrderResult.BadTime;
    until = now + <u64>ms * NS_PER_MS;
  }
  if (BY.value.len == 0) BY.copy(from);
  let result = OrderResult.NoProvider;
  for (let i = 0, k = sites.length; i < k; i++) {
    const providers = sites[i].config.providers;
    for (let j = 0, n = providers.length; j < n; j++) {
      const provider = unchecked(providers[j]);
      if (!PROVIDER.value.is(provider.id)) continue;
      const place = placeOf(provider);
      if (place == NOT_THERE) {
        if (result != OrderResult.Done) result = OrderResult.NoToken;
        continue;
      }
      const hindrance = deed == Deed.TryNow ? hindranceTo(sites[i], provider, place, now) : OrderResult.Done;
      if (hindrance != OrderResult.Done) {
        if (result != OrderResult.Done) result = hindrance;
        continue;
      }
      order(sites[i], provider, place, <Deed>deed, until, now);
      // The record is one for all sites that share it; each has its own where it leads elsewhere.
      if (result != OrderResult.Done) tell(sites[i], provider, place, <Deed>deed, history);
      result = OrderResult.Done;
    }
  }
  return result;
}

const NOT_THERE: i32 = -2;

/** WHOLE_PROVIDER where none is named. */
function placeOf(provider: Provider): i32 {
  if (TOKEN.value.len == 0) return WHOLE_PROVIDER;
  for (let i = 0, k = provider.tokens.length; i < k; i++)
    if (TOKEN.value.is(unchecked(provider.tokens[i]).label)) return i;
  return NOT_THERE;
}

/** Why it cannot be tried: the answer and the history must not say that it was. */
function hindranceTo(site: StatusSite, provider: Provider, place: i32, now: u64): OrderResult {
  site.health.refresh();
  const ledger = site.health.current(provider.index);
  const key = place == WHOLE_PROVIDER ? 0 : ledger.tokens.keyOf(place);
  let isOut = false;
  for (let i = 0, k = ledger.view.count; i < k; i++) {
    const entry = ledger.view.at(i);
    if (entry.token != key) continue;
    if (entry.model == 0 && entry.isHeldOut(now)) return OrderResult.HeldOut;
    if (entry.isOpen && !isExpired(entry, now)) isOut = true;
  }
  return isOut ? OrderResult.Done : OrderResult.NotOut;
}

function order(site: StatusSite, provider: Provider, place: i32, deed: Deed, until: u64, now: u64): void {
  const health = site.health;
  health.refresh();
  evidence.isOrder = true;
  if (deed == Deed.TakeOut) health.takeOut(provider, place, until, now);
  else if (deed == Deed.BringBack) health.bringBack(provider, place, now);
  else health.tryNow(provider, place, now);
  evidence.clear();
}

function tell(site: StatusSite, provider: Provider, place: i32, deed: Deed, history: BreakerHistory): void {
  const key = place == WHOLE_PROVIDER ? 0 : site.health.current(provider.index).tokens.keyOf(place);
  const by = BY.value;
  history.carriedOut(provider, place, key, WORDS[deed], by.ptr, by.len);
  writeOrder(line.into(lineRoom, LINE_SIZE), deed, true);
  host.logBytes(host.LogLevel.Warn, line.ptr, line.len);
}

const LINE_SIZE: usize = 2048;
const lineRoom: usize = heap.alloc(LINE_SIZE);
const line = new Writer();
const BY_WHOM = Bytes.of(" by ");
const FOR_TIME = Bytes.of(" for ");

/** "qwen/team-a was taken out for 10m by alice" */
function writeOrder(to: Writer, deed: Deed, byWhom: bool): void {
  addClean(to, PROVIDER.value);
  if (TOKEN.value.len > 0) {
    to.byte(Char.Slash);
    addClean(to, TOKEN.value);
  }
  to.byte(Char.Space);
  to.text(DONE[deed]);
  if (FOR.value.len > 0) {
    to.text(FOR_TIME);
    addClean(to, FOR.value);
  }
  if (!byWhom) return;
  to.text(BY_WHOM);
  addClean(to, BY.value);
}

/** The same sentence for the answer, valid until the next one. */
export function orderText(): Writer {
  writeOrder(line.into(lineRoom, LINE_SIZE), <Deed>deedOf(DO.value), false);
  return line;
}

/** Nothing that could break a line of the log. */
function addClean(to: Writer, text: Span): void {
  for (let i: usize = 0; i < text.len; i++) {
    const c = <i32>load<u8>(text.ptr + i);
    to.byte(c < Char.Space || c == 0x7f ? Char.Question : c);
  }
}

function deedOf(name: Span): i32 {
  for (let i = 0, k = DEEDS.length; i < k; i++) if (name.is(unchecked(DEEDS[i]))) return i;
  return -1;
}

/** "10m", or plain milliseconds. */
function millis(text: Span): i64 {
  const plain = parseDecimal(text.ptr, text.len);
  return min(plain >= 0 ? plain : parseDuration(text.ptr, text.len), MOST_MS);
}

/** A year. */
const MOST_MS: i64 = 31_536_000_000;

function read(body: Span): OrderResult {
  for (let i = 0, k = FIELDS.length; i < k; i++) unchecked(FIELDS[i]).clear();
  if (check(body.ptr, body.len) != Status.Ok || !members.start(body.ptr, body.len)) return OrderResult.NotJson;
  while (members.next()) {
    const field = fieldOf(members);
    if (field === null || !field.take(members.value, members.value + members.valueLen)) return OrderResult.BadField;
  }
  return OrderResult.Done;
}

const members = new ObjectMembers();

function fieldOf(member: ObjectMembers): OrderField | null {
  for (let i = 0, k = FIELDS.length; i < k; i++)
    if (member.isNamed(unchecked(FIELDS[i]).name)) return unchecked(FIELDS[i]);
  return null;
}
