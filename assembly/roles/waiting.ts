/** Requests that wait for a rate limit to pass, instead of failing. */
import * as exchanges from "../exchange/exchange";
import { Exchange } from "../exchange/exchange";
import * as plan from "../exchange/plan";
import * as host from "../proxy/host";
import { Client } from "./client";
import * as intake from "./intake";

/** The request waits, held before its first attempt: the tick looks after it. */
export function look(c: Client, x: Exchange, now: u64): void {
  if (now < x.wakeAt) return;
  exchanges.healthOf(x).refresh();
  if (!host.setEffective(x.gateway)) return;
  x.wakeAt = 0;
  if (!plan.armFirst(x, host.random64(), now) && !intake.waitOrForce(c, x, now)) return;
  if (intake.send(c, x, intake.BODY_OUT_OF_REACH, now)) host.continueStream(host.Stream.Request);
}
