/** The state of a breaker in one word, as status, history and console say it. */
import { Bytes } from "../text/bytes";
import { Provider } from "../config/provider";
import { BreakerState, stateOf } from "../health/breaker-state";
import { isExpired } from "../health/breaker-timing";
import { Entry } from "../health/ledger-record";

export enum BreakerWord {
  Live,
  /** A trial or a probe runs, or may. */
  HalfOpen,
  RateLimited,
  Out,
  /** By a person. */
  TakenOut,
}

const NAMES: Bytes[] = Bytes.ofAll(["live", "half-open", "rate-limited", "out", "taken-out"]);

export function wordName(word: BreakerWord): Bytes {
  return unchecked(NAMES[word]);
}

export function wordOf(provider: Provider, entry: Entry, isProbing: bool, now: u64): BreakerWord {
  if (entry.isHeldOut(now)) return BreakerWord.TakenOut;
  if (!entry.isOpen || isExpired(entry, now)) return BreakerWord.Live;
  const state = stateOf(provider, entry, isProbing, now);
  if (state == BreakerState.Live) return BreakerWord.Live;
  if (state == BreakerState.Trial || entry.isLeased(now)) return BreakerWord.HalfOpen;
  return entry.isRateLimit ? BreakerWord.RateLimited : BreakerWord.Out;
}
