/** From a whole request to its plan: the route, the order of hops, and the first of them. */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { NS_PER_MS } from "../text/time-units";
import { Writer } from "../text/writer";
import { Guard, Route } from "../config/route";
import { SiteConfig } from "../config/site-config";
import { RetryBudget } from "../health/retry-budget";
import { Exchange, configOf, modelOf } from "../request/exchange";
import * as plan from "../request/plan";
import * as nextMove from "../request/next-move";
import { Move } from "../request/next-move";
import { lastRefusal } from "../response/last-refusal";
import * as replies from "../response/replies";
import { Refusal, refuse } from "../response/replies";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";

/**
 * Makes the plan. Null: a hop is armed or, where none is (`x.hasArmed`), the request waits until `x.wakeAt`. `budgets`: by the index of
 * the route.
 */
export function planRequest(x: Exchange, budgets: RetryBudget[], now: u64): Refusal | null {
  const index = configOf(x).routeIndex.routeOf(modelOf(x), x.modelLen);
  if (index < 0) return refuseModel(x);
  const route = unchecked(configOf(x).routes[index]);
  x.deadline = x.started + <u64>route.timeout * NS_PER_MS;
  x.needsWhole = !x.isDry && endsWithConnection(x, route);
  const budget = unchecked(budgets[route.index]);
  if (!x.isDry) budget.request(now);
  x.budget = changetype<usize>(budget);
  plan.order(x, route, host.random64());
  if (x.upstreamCount == 0) return refuse(replies.DIALECT_UNSERVED);
  return armFirst(x, now);
}

const HTTP_10 = Bytes.of("HTTP/1.0");

/** Over HTTP/1.0 an answer without a length ends where its connection does: one that broke off would look like a whole one. */
function endsWithConnection(x: Exchange, route: Route): bool {
  if (!x.isStreamed && route.guard != Guard.None) return false;
  const protocol = host.property(hostNames.PROTOCOL);
  return protocol !== null && protocol.is(HTTP_10);
}

/** Arms the first hop, or decides what happens instead; also when a wait is over. */
export function armFirst(x: Exchange, now: u64): Refusal | null {
  const random = host.random64();
  const move = x.wakeAt != 0 ? nextMove.resume(x, random, now) : nextMove.start(x, random, now);
  return move == Move.End ? lastRefusal(x, now) : null;
}

const SERVED = Bytes.of("; served are: ");
const COMMA = Bytes.of(", ");

function refuseModel(x: Exchange): Refusal {
  const refusal = refuse(x.modelLen > 0 ? replies.MODEL_UNKNOWN : replies.MODEL_MISSING);
  const message = refusal.message;
  if (x.modelLen > 0) {
    message.byte(Char.Apostrophe);
    message.raw(modelOf(x), x.modelLen);
    message.byte(Char.Apostrophe);
  }
  message.text(SERVED);
  writeServed(message, configOf(x));
  return refusal;
}

/** "qwen-*, deepseek-chat" */
function writeServed(to: Writer, config: SiteConfig): void {
  let isFirst = true;
  for (let i = 0, k = config.routes.length; i < k; i++) {
    const predicates = config.routes[i].predicates;
    for (let j = 0, n = predicates.length; j < n; j++) {
      if (!isFirst) to.text(COMMA);
      isFirst = false;
      predicates[j].writeTo(to);
    }
  }
}
