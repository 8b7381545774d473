/** Whether a body is compressed, by its content-encoding. */
import { equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";

/** Those but the first are no codings, and who gets them reads over them. */
const PLAIN = Bytes.ofAll(["identity", "none", "utf-8", "chunked", ""]);

export function isPlain(coding: usize, len: usize): bool {
  for (let i = 0, k = PLAIN.length; i < k; i++) if (equalsIgnoreCase(coding, len, unchecked(PLAIN[i]))) return true;
  return false;
}
