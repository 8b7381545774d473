/**
 * Counters, one for each label, defined when a configuration is taken: the request path only adds. Labels stand in the names
 * ("ai_failover_attempts.provider.qwen.result.credential"); the rendered stats_tags turn them into tags.
 */
import { SiteConfig } from "../config/plugin";
import { Exchange, Outcome, routeOf, stepOf } from "../request/exchange";
import { CAUSES, Cause, causeName } from "../health/verdict";
import * as host from "../proxywasm/host";
import { OUTCOME_NAMES, RequestOutcome, outcomeOf } from "./request-outcome";

export class Metrics {
  private attempts: StaticArray<u32>;
  private forced: StaticArray<u32>;
  private invalidEvents: StaticArray<u32>;
  private requests: StaticArray<u32>;
  private refused: u32;

  constructor(config: SiteConfig) {
    const providers = config.providers;
    const routes = config.routes;
    const outcomes = OUTCOME_NAMES.length;
    this.attempts = new StaticArray<u32>(providers.length * CAUSES);
    this.forced = new StaticArray<u32>(providers.length);
    this.invalidEvents = new StaticArray<u32>(providers.length);
    this.requests = new StaticArray<u32>(routes.length * outcomes);
    this.refused = counter("refused");
    for (let i = 0, k = providers.length; i < k; i++) {
      const id = providers[i].id.toString();
      const name = "attempts.provider." + id + ".result.";
      this.forced[i] = counter("forced.provider." + id);
      this.invalidEvents[i] = counter("invalid_events.provider." + id);
      for (let cause = 0; cause < CAUSES; cause++)
        this.attempts[i * CAUSES + cause] = counter(name + (cause == Cause.None ? "ok" : causeName(cause).toString()));
    }
    for (let i = 0, k = routes.length; i < k; i++) {
      const route = routes[i].name.toString();
      for (let o = 0; o < outcomes; o++)
        this.requests[i * outcomes + o] = counter("requests.route." + route + ".outcome." + OUTCOME_NAMES[o]);
    }
  }

  /** Requests of a route since the start, of all workers. */
  countOf(route: i32, outcome: RequestOutcome): i64 {
    return host.metricValue(unchecked(this.requests[route * OUTCOME_NAMES.length + outcome]));
  }

  /** Counts an exchange that is over, with all its attempts. */
  count(x: Exchange): void {
    if (x.route == 0) {
      if (x.outcome != Outcome.Served) host.increment(this.refused, 1);
      return;
    }
    const route = routeOf(x).index;
    host.increment(unchecked(this.requests[route * OUTCOME_NAMES.length + outcomeOf(x)]), 1);
    for (let i = 0; i < x.stepCount; i++) {
      const step = stepOf(x, i);
      // The client's end is told before the end of the attempt that it ends (facts 4.1).
      const left = x.clientHasLeft && i == x.stepCount - 1 && step.cause == Cause.None;
      const cause = left ? Cause.Client : step.cause;
      host.increment(unchecked(this.attempts[step.provider.index * CAUSES + cause]), 1);
      if (step.forced) host.increment(unchecked(this.forced[step.provider.index]), 1);
      if (step.invalidEvents > 0)
        host.increment(unchecked(this.invalidEvents[step.provider.index]), step.invalidEvents);
    }
  }
}

function counter(name: string): u32 {
  return host.defineMetric(host.Metric.Counter, "ai_failover_" + name);
}
