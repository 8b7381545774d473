/** Whether a tick has anything to do for what is known. */
import { Health } from "./health";
import { ProbeKind, probeOf } from "./breaker-timing";

/** Nothing is left to write or to probe. What no probe can close, a client's request tries. */
export function isIdle(health: Health): bool {
  const ledgers = health.ledgers;
  for (let i = 0, k = ledgers.length; i < k; i++) {
    const ledger = unchecked(ledgers[i]);
    if (!ledger.isSettled) return false;
    for (let j = 0, n = ledger.view.count; j < n; j++) {
      const entry = ledger.view.at(j);
      // A token of another configuration is that one's to probe.
      if (entry.token != 0 && !ledger.hasToken(entry.token)) continue;
      if (entry.isOpen && probeOf(ledger.provider, entry) != ProbeKind.None) return false;
    }
  }
  return true;
}
