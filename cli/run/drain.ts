import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "../config/config-types.js";
import { activeCalls, order } from "./admin-client.js";

/** Between two looks at the calls that are under way, milliseconds. */
const LOOK = 50;

/** Takes no new calls, and waits until those under way have ended or the limit (milliseconds) is over. */
export async function drain(admin: Address, limit: number, say: (line: string) => void): Promise<void> {
  const end = performance.now() + limit;
  // /ready answers 503 from here on, and every answer closes its connection.
  await order(admin, "/healthcheck/fail");
  await order(admin, "/drain_listeners?graceful&skip_exit");
  const calls = await activeCalls(admin);
  if (calls > 0)
    say(
      `Ending: ${calls === 1 ? "1 call" : `${calls} calls`} under way may take ${limit / 1000} s more (again: at once).`,
    );
  await quiet(admin, end);
  // Nobody comes in any more; who came in meanwhile is served.
  await order(admin, "/drain_listeners");
  await quiet(admin, end);
}

async function quiet(admin: Address, end: number): Promise<void> {
  do await sleep(LOOK);
  while (performance.now() < end && (await activeCalls(admin)) > 0);
}
