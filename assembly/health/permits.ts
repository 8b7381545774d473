/**
 * Trials in a fleet: of all gateways one makes the trial of a breaker that is half-open. A gateway asks for the fleet's permit when a
 * request, or a probe, wants the trial: so an idle one holds none. While it is being asked, the entry counts as leased to nobody; when the
 * fleet does not answer in time, or cannot be reached, the gateway decides for itself. A rate limit passes by itself and needs none.
 */
import { Entry, FLAG_WANTED, PERMIT_USED } from "./ledger-record";

export abstract class Permits {
  /** How long an answer is waited for, ns. */
  patience: u64 = 0;

  /** Whether the fleet can be asked. */
  abstract isInStep(): bool;

  /** Whether the trial may begin now. If not, the entry has been changed so that the fleet is asked. */
  allows(entry: Entry, now: u64): bool {
    if (entry.isRateLimit || entry.permitUntil > now) return true;
    if (!this.isInStep()) return true;
    // It has been asked, and has not answered.
    if (entry.isWanted) return true;
    entry.flags |= FLAG_WANTED;
    entry.lease = 0;
    entry.leaseUntil = now + this.patience;
    return false;
  }
}

/** The trial has begun. A permit that was asked for may have been given although no answer came: it is given back as well. */
export function usePermit(entry: Entry): void {
  if (entry.permitUntil != 0 || entry.isWanted) entry.permitUntil = PERMIT_USED;
  entry.flags &= ~FLAG_WANTED;
}
