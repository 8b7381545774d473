/** A route's guard in one word, as the configuration has it. */
import { Bytes } from "../text/bytes";
import { Guard } from "../config/route";

const NAMES: Bytes[] = ["none", "first-event", "full"].map<Bytes>((name: string) => Bytes.of(name));

export function guardName(guard: Guard): Bytes {
  return unchecked(NAMES[guard]);
}
