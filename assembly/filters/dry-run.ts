/**
 * What would happen to a request now: it takes the way of a real one, by the same functions, up to where it would be sent. Nothing that
 * others see changes: no trial is taken, nothing is counted (`Exchange.isDry`).
 */
import { Span } from "../text/span";
import { SiteConfig } from "../config/site-config";
import { Health } from "../health/health";
import { RetryBudget } from "../health/retry-budget";
import { asksForModels } from "../request/api-paths";
import * as exchanges from "../request/exchange-registry";
import { capacityFor, reserveBody } from "../request/parked-body";
import { Exchange, configOf } from "../request/exchange";
import * as plan from "../request/plan";
import { readBody } from "../request/request-body";
import { keepHead, noteApi, readRequestHead } from "../request/request-head";
import { refuseBody } from "../response/body-refusal";
import { Refusal } from "../response/replies";
import { DryRun } from "../observe/dry-run-result";
import { admit, checkEntry } from "./admission";
import { checkOrigin, isQuestion } from "./browsers";
import { refuseSize } from "./body-parking";
import { planRequest } from "./planning";

/** No stream of the host has this number. */
const NO_STREAM = 0;

/** Fills `made`, whose exchange the caller releases. `headers`: in the host's layout. */
export function dryRun(
  made: DryRun,
  config: SiteConfig,
  health: Health,
  budgets: RetryBudget[],
  headers: Span,
  body: Span,
  now: u64,
): void {
  const x = exchanges.open(NO_STREAM, config, health, now);
  x.isDry = true;
  made.exchange = changetype<usize>(x);
  made.first = 0;
  made.isAnswered = false;
  let refusal = enter(made, x, headers, body);
  if (refusal === null && !made.isAnswered) refusal = refuseBody(readBody(x));
  if (refusal === null && !made.isAnswered) refusal = planRequest(x, budgets, now);
  made.refusal = refusal;
  if (refusal !== null || !x.hasArmed) return;
  // Out of the way of what is looked for next.
  const hop = x.armed;
  x.armed = x.current;
  x.current = hop;
  x.hasArmed = false;
  made.first = changetype<usize>(hop);
  plan.findAlternative(x, now);
}

/** As the gateway filter does until the request is whole. */
function enter(made: DryRun, x: Exchange, headers: Span, body: Span): Refusal | null {
  const list = headers.ptr;
  const length = headers.len;
  const config = configOf(x);
  const isEmpty = body.len == 0;
  const head = readRequestHead(list, length);
  noteApi(x, head);
  // Who may ask here need not have a client's key.
  made.lacksKey = config.clientKeys.length > 0 && head.credential.len == 0;
  let refusal = checkOrigin(x, head);
  if (refusal === null && (!made.lacksKey || config.isRefused)) refusal = checkEntry(x, head);
  if (isQuestion(head) || (refusal === null && isEmpty && asksForModels(head.method, head.path))) {
    made.isAnswered = true;
    keepHead(x, head, list, length);
    return null;
  }
  if (refusal === null) refusal = admit(x, head, isEmpty);
  keepHead(x, head, list, length);
  if (refusal !== null || isEmpty) return refusal;
  const capacity = capacityFor(x, body.len);
  refusal = refuseSize(x, body.len, capacity);
  if (refusal !== null) return refusal;
  reserveBody(x, capacity);
  x.bodyLen = body.len;
  memory.copy(x.body, body.ptr, body.len);
  return null;
}
