/** What a write of a record means to people: whose breaker opens with it, whose closes, and where a person's order begins or ends. */
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
  /** A person has taken it out, or `isOut` is false: has brought it back. */
  abstract ordered(provider: Provider, place: i32, entry: Entry, isOut: bool): void;
}

const before = new Record(64);

/** Keeps what stands in the store; size 0: nothing. */
export function keep(ptr: usize, len: usize): void {
  before.take(ptr, len);
}

/** Who ends it, in what is told of it. */
export function credit(token: u64, model: u64, gateway: u64): void {
  const entry = before.find(token, model);
  if (entry !== null) entry.fleetGateway = gateway;
}

/** Tells what is new in `after` against what was kept. */
export function tell(audience: BreakerListener, provider: Provider, tokens: TokenIndex, after: Record): void {
  for (let i = 0, k = after.count; i < k; i++) {
    const entry = after.at(i);
    if (entry.isOpen && !isOpenIn(before, entry)) audience.opened(provider, placeOf(tokens, entry), entry);
    if (entry.heldUntil != 0 && entry.heldUntil != heldIn(before, entry))
      audience.ordered(provider, placeOf(tokens, entry), entry, true);
  }
  for (let i = 0, k = before.count; i < k; i++) {
    const entry = before.at(i);
    if (entry.heldUntil != 0 && heldIn(after, entry) == 0)
      audience.ordered(provider, placeOf(tokens, entry), entry, false);
    else if (entry.isOpen && !isOpenIn(after, entry)) audience.closed(provider, placeOf(tokens, entry), entry);
  }
}

function placeOf(tokens: TokenIndex, entry: Entry): i32 {
  return entry.token != 0 ? tokens.placeOf(entry.token) : -1;
}

function heldIn(record: Record, entry: Entry): u64 {
  const found = record.find(entry.token, entry.model);
  return found !== null ? found.heldUntil : 0;
}

function isOpenIn(record: Record, entry: Entry): bool {
  const found = record.find(entry.token, entry.model);
  return found !== null && found.isOpen;
}
