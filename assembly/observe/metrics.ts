/** Counts the requests of a configuration when they are over, and its probes. The metrics themselves: metric-table.ts. */
import { SiteConfig } from "../config/site-config";
import { Store } from "../health/ledger-store";
import { UpdateKind } from "../health/breaker-update";
import { CAUSES, Cause, causeName } from "../health/verdict";
import { Exchange, Outcome, budgetOf, routeOf, stepOf } from "../request/exchange";
import { Step } from "../request/attempt-step";
import { ERROR_CODES } from "../response/replies";
import { NS_PER_MS } from "../text/time-units";
import * as firstTokens from "./first-tokens";
import * as metricSlots from "./metric-slots";
import { slotOf } from "./metric-slots";
import {
  ATTEMPTS,
  BUDGET_REFUSALS,
  ERRORS,
  FIRST_TOKEN,
  FORCED_ATTEMPTS,
  GUARD,
  INVALID_EVENTS,
  MetricRow,
  NO_ROUTE,
  PROBES,
  REQUESTS,
  REQUEST_ATTEMPTS,
  RESCUES,
  RESCUE_TIME,
} from "./metric-table";
import { OUTCOME_NAMES, RequestOutcome, outcomeOf } from "./request-outcome";

const OK = "ok";

/** Errors that have no code of ours, behind those that have. */
enum OtherError {
  ProviderError,
  BrokenStream,
  EnvoyError,
}
const OTHER_ERRORS: string[] = ["provider_error", "broken_stream", "envoy_error"];

enum GuardResult {
  Caught,
  BrokeOff,
}
const GUARD_RESULTS: string[] = ["caught", "broke-off"];

enum ProbeResult {
  Good,
  Bad,
  Unclear,
}
const PROBE_RESULTS: string[] = ["good", "bad", "unclear"];

/** Of so many providers of a route each pair has a metric: the square of it is what a route may add. */
const PAIRED: i32 = 16;

export class Metrics {
  /** Slots by route, the last one for requests without a route; each with all its outcomes. */
  private readonly requests: StaticArray<i32>;
  /** By code, then by `OtherError`. */
  private readonly errors: StaticArray<i32>;
  private readonly firstToken: StaticArray<i32>;
  /** By route, of first-tokens.ts. */
  private readonly lastTimes: StaticArray<i32>;
  private readonly rescueTime: StaticArray<i32>;
  private readonly requestAttempts: StaticArray<i32>;
  private readonly budgetRefusals: StaticArray<i32>;
  /** By provider; with causes and results by these within each. */
  private readonly attempts: StaticArray<i32>;
  private readonly forced: StaticArray<i32>;
  private readonly invalidEvents: StaticArray<i32>;
  private readonly guard: StaticArray<i32>;
  private readonly probes: StaticArray<i32>;
  /** By `pairKey`; requests only read it, which allocates nothing. */
  private readonly rescues: Map<u32, i32> = new Map<u32, i32>();

  constructor(config: SiteConfig) {
    const routes: string[] = [];
    for (let i = 0, k = config.routes.length; i < k; i++) routes.push(config.routes[i].name.toString());
    const providers: string[] = [];
    for (let i = 0, k = config.providers.length; i < k; i++) providers.push(config.providers[i].id.toString());
    const causes: string[] = [];
    for (let cause = 0; cause < CAUSES; cause++)
      causes.push(cause == Cause.None ? OK : causeName(<Cause>cause).toString());
    this.firstToken = slotsOf(FIRST_TOKEN, routes);
    const lastTimes = new StaticArray<i32>(routes.length);
    for (let i = 0; i < routes.length; i++) lastTimes[i] = firstTokens.slotOf(routes[i]);
    this.lastTimes = lastTimes;
    this.rescueTime = slotsOf(RESCUE_TIME, routes);
    this.requestAttempts = slotsOf(REQUEST_ATTEMPTS, routes);
    this.budgetRefusals = slotsOf(BUDGET_REFUSALS, routes);
    this.requests = slotsOfBoth(REQUESTS, routes.concat([NO_ROUTE]), OUTCOME_NAMES);
    this.errors = slotsOf(ERRORS, ERROR_CODES.concat(OTHER_ERRORS));
    this.attempts = slotsOfBoth(ATTEMPTS, providers, causes);
    this.forced = slotsOf(FORCED_ATTEMPTS, providers);
    this.invalidEvents = slotsOf(INVALID_EVENTS, providers);
    this.guard = slotsOfBoth(GUARD, providers, GUARD_RESULTS);
    this.probes = slotsOfBoth(PROBES, providers, PROBE_RESULTS);
    for (let i = 0, k = config.routes.length; i < k; i++) this.addPairs(config, i, providers);
  }

  private addPairs(config: SiteConfig, route: i32, ids: string[]): void {
    const all = config.routes[route].upstreams.concat(config.routes[route].fallback);
    const places: i32[] = [];
    for (let i = 0; i < all.length && places.length < PAIRED; i++)
      if (!places.includes(all[i].provider.index)) places.push(all[i].provider.index);
    for (let i = 0; i < places.length; i++)
      for (let j = 0; j < places.length; j++)
        this.rescues.set(pairKey(places[i], places[j]), slotOf(RESCUES, [ids[places[i]], ids[places[j]]]));
  }

  /** Requests of a route since the start, of all workers. */
  countOf(route: i32, outcome: RequestOutcome): i64 {
    return metricSlots.valueOf(unchecked(this.requests[route * OUTCOME_NAMES.length + outcome]));
  }

  /** How fast a route answers now, by all workers. */
  firstTokensOf(route: i32, store: Store): firstTokens.Summary {
    return firstTokens.summarize(store, unchecked(this.lastTimes[route]));
  }

  /** Counts an exchange that is over, with all its attempts. */
  count(x: Exchange): void {
    const outcome = outcomeOf(x);
    const hasRoute = x.route != 0;
    const route = hasRoute ? routeOf(x).index : this.firstToken.length;
    metricSlots.add(unchecked(this.requests[route * OUTCOME_NAMES.length + outcome]));
    this.countError(x, outcome);
    if (!hasRoute) return;
    if (x.budget != 0) metricSlots.add(unchecked(this.budgetRefusals[route]), budgetOf(x).takeRefusals());
    if (x.stepCount == 0) return;
    metricSlots.observe(unchecked(this.requestAttempts[route]), x.stepCount);
    const first = stepOf(x, 0);
    const last = stepOf(x, x.stepCount - 1);
    if (last.goodMs >= 0) {
      const ms = millis(x.started, last.at) + last.goodMs;
      metricSlots.observe(unchecked(this.firstToken[route]), ms);
      firstTokens.note(unchecked(this.lastTimes[route]), ms);
    }
    if (outcome == RequestOutcome.Rescued) {
      metricSlots.observe(unchecked(this.rescueTime[route]), millis(first.at, last.at));
      const pair = pairKey(first.provider.index, last.provider.index);
      if (this.rescues.has(pair)) metricSlots.add(this.rescues.get(pair));
    }
    for (let i = 0; i < x.stepCount; i++) this.countAttempt(x, stepOf(x, i), i == x.stepCount - 1);
  }

  private countError(x: Exchange, outcome: RequestOutcome): void {
    if (outcome == RequestOutcome.ClientLeft || (x.outcome == Outcome.Served && !x.wasCutOff)) return;
    let code = x.errorCode - 1;
    if (x.wasCutOff) code = ERROR_CODES.length + OtherError.BrokenStream;
    else if (outcome == RequestOutcome.Returned) code = ERROR_CODES.length + OtherError.ProviderError;
    else if (code < 0) code = ERROR_CODES.length + OtherError.EnvoyError;
    metricSlots.add(unchecked(this.errors[code]));
  }

  private countAttempt(x: Exchange, step: Step, isLast: bool): void {
    const provider = step.provider.index;
    // The client's end is told before the end of the attempt that it ends (facts 4.1).
    const hasLeft = x.hasClientLeft && isLast && step.cause == Cause.None;
    const cause = hasLeft ? Cause.Client : step.cause;
    metricSlots.add(unchecked(this.attempts[provider * CAUSES + cause]));
    if (step.isForced) metricSlots.add(unchecked(this.forced[provider]));
    metricSlots.add(unchecked(this.invalidEvents[provider]), step.invalidEvents);
    if (step.status < 200 || step.status > 299 || cause == Cause.None || cause == Cause.Client) return;
    const result = x.wasCutOff && isLast ? GuardResult.BrokeOff : GuardResult.Caught;
    metricSlots.add(unchecked(this.guard[provider * GUARD_RESULTS.length + result]));
  }

  /** Counts a probe by what it changed. */
  countProbe(provider: i32, change: UpdateKind): void {
    let result = ProbeResult.Unclear;
    if (change == UpdateKind.ProbeGood) result = ProbeResult.Good;
    else if (change == UpdateKind.ProbeBad) result = ProbeResult.Bad;
    metricSlots.add(unchecked(this.probes[provider * PROBE_RESULTS.length + result]));
  }
}

function slotsOf(row: MetricRow, values: string[]): StaticArray<i32> {
  const list = new StaticArray<i32>(values.length);
  for (let i = 0; i < values.length; i++) list[i] = slotOf(row, [values[i]]);
  return list;
}

/** Of the first values, each with all of the second. */
function slotsOfBoth(row: MetricRow, first: string[], second: string[]): StaticArray<i32> {
  const list = new StaticArray<i32>(first.length * second.length);
  for (let i = 0; i < first.length; i++)
    for (let j = 0; j < second.length; j++) list[i * second.length + j] = slotOf(row, [first[i], second[j]]);
  return list;
}

function pairKey(from: i32, to: i32): u32 {
  return ((<u32>from) << 16) | (<u32>to);
}

function millis(from: u64, to: u64): u64 {
  return to > from ? (to - from) / NS_PER_MS : 0;
}
