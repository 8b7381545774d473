/** A route's guard in one word, as the configuration has it. */
import { Bytes } from "../text/bytes";
import { Guard } from "../config/route";

const NAMES: Bytes[] = Bytes.ofAll(["none", "first-event", "full"]);

export function guardName(guard: Guard): Bytes {
  return unchecked(NAMES[guard]);
}
