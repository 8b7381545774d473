/** The fleets that the configurations of this VM belong to: a client for each. */
import { FleetConfig } from "../config/fleet-config";
import { Health } from "../health/health";
import { FleetBoard } from "../fleet/fleet-state";
import { FleetClient } from "./fleet-client";

let clients: FleetClient[] = [];

/** What a configuration that is served shares with which fleet. */
export class Member {
  constructor(
    readonly fleet: FleetConfig,
    readonly health: Health,
  ) {}
}

/** These are served from now on; of members of one fleet the first says how its store is reached. */
export function serve(members: Member[]): void {
  const next: FleetClient[] = [];
  for (let i = 0, k = members.length; i < k; i++) {
    const fleet = members[i].fleet;
    if (isServed(next, fleet)) continue;
    const healths: Health[] = [];
    for (let j = i; j < k; j++) if (members[j].fleet.tag == fleet.tag) healths.push(members[j].health);
    next.push(new FleetClient(fleet, healths));
  }
  for (let i = 0, k = clients.length; i < k; i++) clients[i].drop();
  clients = next;
}

function isServed(list: FleetClient[], fleet: FleetConfig): bool {
  for (let i = 0, k = list.length; i < k; i++) if (list[i].config.tag == fleet.tag) return true;
  return false;
}

/** The effective context is a root of this VM. True: one of them wants the next tick soon. */
export function tick(now: u64): bool {
  let isBusy = false;
  for (let i = 0, k = clients.length; i < k; i++) if (unchecked(clients[i]).tick(now)) isBusy = true;
  return isBusy;
}

/** False: the callout is none of theirs. */
export function answered(token: u32, headers: u32, size: usize, now: u64): bool {
  for (let i = 0, k = clients.length; i < k; i++)
    if (unchecked(clients[i]).answered(token, headers, size, now)) return true;
  return false;
}

/** How this gateway stands with each fleet, read anew. */
export function boards(): FleetBoard[] {
  const list: FleetBoard[] = [];
  for (let i = 0, k = clients.length; i < k; i++) {
    clients[i].board.read();
    list.push(clients[i].board);
  }
  return list;
}

/** How often they want a tick when nothing else is to be done, ms; 0: there are none. */
export function restPeriod(): u32 {
  let period: u32 = 0;
  for (let i = 0, k = clients.length; i < k; i++) {
    const own = unchecked(clients[i]).restPeriod;
    if (period == 0 || own < period) period = own;
  }
  return period;
}
