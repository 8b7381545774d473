import { setTimeout as sleep } from "node:timers/promises";
import type { AdminAddress } from "../config/config-types.js";
import { activeCalls, order } from "./admin-client.js";

/** Between two looks at the calls that are under way, milliseconds. */
const LOOK = 50;

/** How a gateway ends, in milliseconds. */
export interface DrainTimes {
  /** How long new calls are still taken: load balancers need a while to learn that this gateway ends. */
  minimum: number;
  /** How long calls may take after that. */
  limit: number;
}

/**
 * Takes no new calls after the minimum, and waits until those under way have ended, the limit is over, or Envoy has ended: systemd
 * stops both at once.
 */
export async function drain(
  admin: AdminAddress,
  { minimum, limit }: DrainTimes,
  hasEnded: () => boolean,
  say: (line: string) => void,
): Promise<void> {
  // /ready answers 503 from here on, and every answer closes its connection, so that clients connect elsewhere.
  await order(admin, "/healthcheck/fail");
  if (minimum > 0)
    say(`Ending: /ready answers 503, and new calls are taken for ${minimum / 1000} s more (again: at once).`);
  const opens = performance.now() + minimum;
  while (!hasEnded() && performance.now() < opens) await sleep(LOOK);
  const end = performance.now() + limit;
  await order(admin, "/drain_listeners?inboundonly");
  const calls = await activeCalls(admin);
  if (calls > 0)
    say(
      `Ending: ${calls === 1 ? "1 call" : `${calls} calls`} under way may take ${limit / 1000} s more (again: at once).`,
    );
  do await sleep(LOOK);
  while (!hasEnded() && performance.now() < end && (await activeCalls(admin)) > 0);
}
