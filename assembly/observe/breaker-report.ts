/** What is told of one breaker that is not well, in /status and in /explain alike. Times are ages. */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { NS_PER_MS } from "../text/time-units";
import { opensAt } from "../health/breaker-state";
import { probeAt } from "../health/breaker-timing";
import { Ledger } from "../health/ledger";
import { Entry } from "../health/ledger-record";
import { Cause, causeName } from "../health/verdict";
import { BreakerHistory, Change, keyOf } from "./breaker-history";
import { writeGatewayId } from "./fleet-report";
import { wordName, wordOf } from "./breaker-word";
import { writeRequestId } from "./request-id";

const STATE = Bytes.of("state");
const CAUSE = Bytes.of("cause");
const WORDS = Bytes.of("words");
const SINCE = Bytes.of("sinceMs");
const OPENS_IN = Bytes.of("opensInMs");
const HELD_FOR = Bytes.of("heldForMs");
const BY = Bytes.of("by");
const NEXT_PROBE = Bytes.of("nextProbeMs");
const LAST_GOOD = Bytes.of("lastGoodMs");
const FAILURES = Bytes.of("failures");
const OPENED = Bytes.of("opened");
const REQUEST = Bytes.of("request");
const LEARNT_FROM = Bytes.of("learntFrom");
const FAILED_PROBES = Bytes.of("failedProbes");
const TRIAL = Bytes.of("trial");
const HOW = Bytes.of("how");
const PROBE = Bytes.of("probe");
const CLIENT_REQUEST = Bytes.of("request");
const FLEET = Bytes.of("fleet");
const FOR = Bytes.of("forMs");
const LIMIT = Bytes.of("limitMs");
const NOTHING = Bytes.of("");

/** Writes the members of an open object. After `history.read`. */
export function writeBreaker(
  json: JsonWriter,
  ledger: Ledger,
  isProbing: bool,
  entry: Entry,
  history: BreakerHistory,
  now: u64,
): void {
  const provider = ledger.provider;
  const change = history.find(keyOf(provider), entry.token, entry.model);
  json.key(STATE).text(wordName(wordOf(provider, entry, isProbing, now)));
  json.key(CAUSE).text(causeName(<Cause>entry.cause));
  json.key(WORDS);
  if (change !== null) json.string(change.words, change.wordsLen);
  else json.text(NOTHING);
  json.key(SINCE).number(age(entry.since != 0 ? entry.since : entry.touched, now));
  json.key(OPENS_IN).number(inMs(opensAt(provider, entry, isProbing, now), now));
  json.key(HELD_FOR).number(entry.isHeldOut(now) ? inMs(entry.heldUntil, now) : 0);
  json.key(BY);
  const order = entry.isHeldOut(now) ? history.findOrder(keyOf(provider), entry.token) : null;
  if (order !== null) json.string(order.by, order.byLen);
  else json.text(NOTHING);
  json.key(NEXT_PROBE).number(inMs(isProbing ? probeAt(provider, entry) : u64.MAX_VALUE, now));
  json.key(LAST_GOOD).number(entry.goodAt != 0 ? age(entry.goodAt, now) : -1);
  json.key(FAILURES).number(entry.counted);
  json.key(OPENED).number(entry.opened);
  json.key(REQUEST);
  writeRequest(json, change);
  json.key(LEARNT_FROM);
  writeGatewayId(json, entry.fleetGateway);
  json.key(FAILED_PROBES).number(entry.failedProbes);
  json.key(TRIAL);
  if (!entry.isLeased(now)) return json.nothing();
  const began = entry.triedAt != 0 && entry.triedAt <= now ? entry.triedAt : now;
  json.openObject();
  // Without a lease of ours another gateway of the fleet has it, or the fleet is being asked.
  json.key(HOW).text(entry.lease == 0 ? FLEET : entry.isProbed ? PROBE : CLIENT_REQUEST);
  json.key(FOR).number(age(began, now));
  json.key(LIMIT).number(age(began, entry.leaseUntil));
  json.closeObject();
}

/** Id of the request that brought it about; "": not known. */
export function writeRequest(json: JsonWriter, change: Change | null): void {
  if (change === null || change.vm == 0) json.text(NOTHING);
  else writeRequestId(json, change.vm, change.serial);
}

/** Ms; a clock of another process is never ahead. */
export function age(from: u64, to: u64): i64 {
  return to > from ? <i64>((to - from) / NS_PER_MS) : 0;
}

/** Ms until then, rounded up; 0: now; -1: never by itself. */
export function inMs(at: u64, now: u64): i64 {
  if (at == u64.MAX_VALUE) return -1;
  return at > now ? <i64>((at - now + NS_PER_MS - 1) / NS_PER_MS) : 0;
}
