/** What a write of a record means to people: whose breaker opens with it, and whose closes. */
import { Provider } from "../config/provider";
import { Entry, Record } from "./ledger-record";
import { TokenIndex } from "./token-index";

/**
 * `entry` says whose: of the provider where its token is 0, else of that token; where its model is not 0, for that model or API
 * alone. `place`: of the token among those of the provider; -1: it is the provider's, or not configured here.
 */
export abstract class BreakerListener {
  abstract opened(provider: Provider, place: i32, entry: Entry): void;
  abstract closed(provider: Provider, place: i32, entry: Entry): void;
}

const before = new Record(64);

/** Keeps what stands in the store; size 0: nothing. */
export function keep(ptr: usize, len: usize): void {
  before.take(ptr, len);
}

/** Tells what is new in `after` against what was kept. */
export function tell(audience: BreakerListener, provider: Provider, tokens: TokenIndex, after: Record): void {
  for (let i = 0, k = after.count; i < k; i++) {
    const entry = after.at(i);
    if (entry.isOpen && !isOpenIn(before, entry)) audience.opened(provider, placeOf(tokens, entry), entry);
  }
  for (let i = 0, k = before.count; i < k; i++) {
    const entry = before.at(i);
    if (entry.isOpen && !isOpenIn(after, entry)) audience.closed(provider, placeOf(tokens, entry), entry);
  }
}

function placeOf(tokens: TokenIndex, entry: Entry): i32 {
  return entry.token != 0 ? tokens.placeOf(entry.token) : -1;
}

function isOpenIn(record: Record, entry: Entry): bool {
  const found = record.find(entry.token, entry.model);
  return found !== null && found.isOpen;
}
