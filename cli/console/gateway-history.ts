/**
 * What the console remembers of the gateway for its time axis: how many requests ended how, and when each token was out. It looks
 * every ten seconds, whether a page is open or not, and keeps a day.
 */
import type { BreakerWord, ChangeStatus, RouteStatus, Status } from "../status/status-types.js";
import type { Lane, LaneSpan, Timeline } from "./console-types.js";

/** How often the gateway is asked, milliseconds. */
export const SAMPLE_PERIOD = 10_000;
const DAY = 24 * 3600_000;
/** Of all lanes together; the oldest go first. */
const MOST_SPANS = 2000;
/** Lanes that are told at once. */
const MOST_LANES = 20;

/** In the order of `RouteStatus.requests`. */
export const COUNTED = ["served", "rescued", "returned", "refused", "failed", "clientLeft"] as const;

type Counts = number[];

interface Sample {
  at: number;
  /** Since the one before. */
  counts: Counts;
}

interface Span extends LaneSpan {
  provider: string;
  token: string;
}

type Place = Pick<Span, "provider" | "token" | "model">;

export class GatewayHistory {
  private readonly samples: Sample[] = [];
  private readonly spans: Span[] = [];
  /** The span that has not ended yet, by lane. */
  private readonly open = new Map<string, Span>();
  private total: Counts | undefined;
  private lastLook = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** Takes in what the gateway tells now. */
  look(status: Status): void {
    const now = this.now();
    const since = this.lastLook === 0 ? Infinity : now - this.lastLook;
    for (const change of status.history.filter(({ agoMs }) => agoMs < since).reverse())
      this.turn(change, change.state, now - change.agoMs, change);
    this.correct(status, now);
    if (now - (this.samples.at(-1)?.at ?? 0) >= SAMPLE_PERIOD * 0.9) this.count(status, now);
    this.lastLook = now;
    this.dropOld(now);
  }

  /** The last `minutes`. */
  timeline(minutes: number, status: Status | null): Omit<Timeline, "figures"> {
    const now = this.now();
    const length = minutes * 60_000;
    const bucketMs = Math.max(SAMPLE_PERIOD, length / 60);
    const number = Math.round(length / bucketMs);
    // Their borders stay where they are as time goes on.
    const end = Math.ceil(now / bucketMs) * bucketMs;
    const begin = end - number * bucketMs;
    const buckets = Array.from({ length: number }, () => COUNTED.map(() => 0));
    for (const { at, counts } of this.samples) {
      const bucket = buckets[Math.floor((at - 1 - begin) / bucketMs)];
      if (bucket !== undefined) counts.forEach((count, i) => (bucket[i]! += count));
    }
    return { now, begin, end, bucketMs, since: this.samples[0]?.at ?? now, buckets, ...this.lanes(begin, status) };
  }

  /** Every token while they are few, else the providers and tokens that were not well. */
  private lanes(begin: number, status: Status | null): { lanes: Lane[]; unshown: number } {
    const shown = this.spans.filter(({ to }) => to === null || to >= begin);
    const providers = status?.sites[0]?.providers ?? [];
    const all = providers.reduce((sum, { tokens }) => sum + tokens.length, 0);
    const isMany = all > MOST_LANES;
    const lanes = providers.flatMap(({ id, tokens }) => {
      const ofProvider = shown.filter(({ provider }) => provider === id);
      const own = (name: string) => ofProvider.filter(({ token }) => token === name);
      const whole = own("");
      if (isMany) return ["", ...tokens.map(({ name }) => name)].map(name => laneOf(id, name, own(name)));
      // Where the provider is out, none of its tokens is used.
      return tokens.map(({ name }) => laneOf(id, name, [...whole, ...own(name)]));
    });
    if (!isMany) return { lanes, unshown: 0 };
    const unwell = lanes.filter(({ spans }) => spans.length > 0);
    return { lanes: unwell.slice(0, MOST_LANES), unshown: all - unwell.filter(({ token }) => token !== "").length };
  }

  private count(status: Status, now: number): void {
    const routes = status.sites.flatMap(({ routes }) => routes);
    const total = COUNTED.map(name => routes.reduce((sum, route) => sum + countOf(route, name), 0));
    const { total: before } = this;
    this.total = total;
    // Counters begin anew with Envoy. What was counted before the first look has no time.
    const hasBegunAnew = before !== undefined && total.some((count, i) => count < before[i]!);
    const counts =
      before === undefined ? total.map(() => 0) : hasBegunAnew ? total : total.map((n, i) => n - before[i]!);
    this.samples.push({ at: now, counts });
  }

  /** What changed between two looks and is in no history any more; the present is always right. */
  private correct(status: Status, now: number): void {
    const found = new Set<string>();
    const see = (provider: string, token: string, model: string, word: BreakerWord, sinceMs: number, why: Why) => {
      if (word === "live") return;
      const place = { provider, token, model };
      const key = laneKey(place);
      found.add(key);
      const before = this.open.get(key);
      // Between out and half-open it says since when it is out, not since when it is half-open.
      const at = before !== undefined && now - sinceMs <= before.from ? now : now - sinceMs;
      if (before?.state !== word) this.turn(place, word, at, why);
    };
    for (const { id, state, breaker, models, tokens } of status.sites[0]?.providers ?? []) {
      if (breaker !== null) see(id, "", "", state, breaker.sinceMs, breaker);
      for (const each of models) see(id, "", each.model, each.state, each.sinceMs, each);
      for (const token of tokens) {
        if (token.breaker !== null) see(id, token.name, "", token.state, token.breaker.sinceMs, token.breaker);
        for (const each of token.models) see(id, token.name, each.model, each.state, each.sinceMs, each);
      }
    }
    for (const [key, span] of this.open) if (!found.has(key)) this.turn(span, "live", now, NO_REASON);
  }

  private turn({ provider, token, model }: Place, state: BreakerWord, at: number, why: Why): void {
    const key = laneKey({ provider, token, model });
    const open = this.open.get(key);
    const from = Math.max(at, open?.from ?? 0);
    if (open !== undefined) open.to = from;
    this.open.delete(key);
    if (state === "live") return;
    const { cause, by = "", request } = why;
    const span: Span = { provider, token, model, from, to: null, state, cause, by, request };
    this.open.set(key, span);
    this.spans.push(span);
  }

  private dropOld(now: number): void {
    while ((this.samples[0]?.at ?? now) < now - DAY) this.samples.shift();
    while (this.spans.length > MOST_SPANS || (this.spans[0]?.to ?? now) < now - DAY) this.spans.shift();
  }
}

type Why = Pick<ChangeStatus, "cause" | "request"> & { by?: string };

const NO_REASON: Why = { cause: "", request: "" };

const countOf = ({ requests }: RouteStatus, name: (typeof COUNTED)[number]): number => requests[name];

const laneKey = ({ provider, token, model }: Place): string => [provider, token, model].join("\n");

function laneOf(provider: string, token: string, spans: Span[]): Lane {
  const inTime = [...spans].sort((a, b) => a.from - b.from);
  return { provider, token, spans: inTime.map(({ provider: _provider, token: _token, ...span }) => span) };
}
