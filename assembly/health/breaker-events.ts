/** What a write of a record means to people: whose breaker opens with it, and whose closes. */
import { Provider } from "../config/plugin";
import { Entry, RECORD, Record } from "./ledger-record";

/** `entry` says whose: of the provider where its token is 0, else of that token; where its model is not 0, for that model alone. */
export abstract class BreakerListener {
  abstract opened(provider: Provider, entry: Entry): void;
  abstract closed(provider: Provider, entry: Entry): void;
}

const room: StaticArray<u8> = new StaticArray<u8>(<i32>RECORD);

function before(): Record {
  return changetype<Record>(changetype<usize>(room));
}

/** Keeps what stands in the store; size 0: nothing. */
export function keep(ptr: usize, len: usize): void {
  before().take(ptr, len);
}

/** Tells what is new in `after` against what was kept. */
export function tell(audience: BreakerListener, provider: Provider, after: Record): void {
  for (let i = 0, k = after.count; i < k; i++)
    if (after.at(i).isOpen && !isOpenIn(before(), after.at(i))) audience.opened(provider, after.at(i));
  for (let i = 0, k = before().count; i < k; i++)
    if (before().at(i).isOpen && !isOpenIn(after, before().at(i))) audience.closed(provider, before().at(i));
}

function isOpenIn(record: Record, entry: Entry): bool {
  const found = record.find(entry.token, entry.model);
  return found !== null && found.isOpen;
}
