/** Who may call: the key that a client shows against those of the configuration. */
import { equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { digest, sameBytes } from "../text/sha256";
import { ClientKey } from "../config/plugin";

const DIGEST_SIZE: usize = 32;
const shown: usize = memory.data(32);
const BEARER = Bytes.of("Bearer ");

/** The configured key that the client has shown; null: none of them. Takes the same time whichever it is. */
export function keyOf(value: Span, keys: ClientKey[]): ClientKey | null {
  const skip: usize = value.len > BEARER.len && equalsIgnoreCase(value.ptr, BEARER.len, BEARER) ? BEARER.len : 0;
  digest(value.ptr + skip, value.len - skip, shown);
  let found: ClientKey | null = null;
  for (let i = 0, k = keys.length; i < k; i++) {
    const key = unchecked(keys[i]);
    if (sameBytes(shown, key.digest.ptr, DIGEST_SIZE)) found = key;
  }
  return found;
}
