/** Whether a tick has anything to do for what is known. */
import { Health } from "./health";
import { probeAt } from "./breaker-timing";

/** Nothing is left to write or to probe. What no probe can close, a client's request tries. */
export function isIdle(health: Health): bool {
  if (!health.isSettled) return false;
  for (let i = 0, k = health.count; i < k; i++) {
    const ledger = health.current(i);
    for (let j = 0, n = ledger.view.count; j < n; j++) {
      const entry = ledger.view.at(j);
      // A token of another configuration is that one's to probe.
      if (entry.token != 0 && ledger.tokens.placeOf(entry.token) < 0) continue;
      if (probeAt(ledger.provider, entry) != u64.MAX_VALUE) return false;
    }
  }
  return true;
}
