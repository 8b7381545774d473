/** Forgets tokens that are no longer configured. */
import { Health } from "./health";
import { Ledger } from "./ledger";

/**
 * `healths`: all of the newest configuration, whose rules may give one provider different tokens. Called by its root alone, again
 * on each tick until it answers true: old configurations that are still drained may have written in between.
 */
export function pruneTokens(healths: Health[]): bool {
  let done = true;
  for (let i = 0, k = healths.length; i < k; i++) {
    const ledgers = healths[i].ledgers;
    for (let j = 0, n = ledgers.length; j < n; j++) if (!forgetIn(ledgers[j], healths)) done = false;
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
    const ledgers = healths[i].ledgers;
    for (let j = 0, n = ledgers.length; j < n; j++)
      if (ledgers[j].isOf(ledger) && ledgers[j].hasToken(token)) return true;
  }
  return false;
}
