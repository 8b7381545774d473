/** Forgets tokens that are no longer configured. */
import { Health } from "./health";
import { Ledger } from "./ledger";

/**
 * `healths`: of all configurations in this VM, which may give one provider different tokens. Called on each tick until it answers
 * true, and again when a configuration comes or goes: others may have written in between.
 */
export function pruneTokens(healths: Health[]): bool {
  let done = true;
  for (let i = 0, k = healths.length; i < k; i++) {
    const health = healths[i];
    for (let j = 0, n = health.count; j < n; j++) if (!forgetIn(health.current(j), healths)) done = false;
  }
  return done;
}

function forgetIn(ledger: Ledger, healths: Health[]): bool {
  ledger.read();
  const view = ledger.view;
  const before = view.count;
  for (let i = before - 1; i >= 0; i--) {
    const entry = view.at(i);
    if (entry.token != 0 && !isConfigured(ledger, entry.token, healths)) view.remove(entry);
  }
  return view.count == before || ledger.write();
}

function isConfigured(ledger: Ledger, token: u64, healths: Health[]): bool {
  for (let i = 0, k = healths.length; i < k; i++) {
    const health = healths[i];
    for (let j = 0, n = health.count; j < n; j++) {
      const other = health.current(j);
      if (other.isOf(ledger) && other.tokens.placeOf(token) >= 0) return true;
    }
  }
  return false;
}
