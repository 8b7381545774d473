/** The methods of requests that may go to a provider. */
import { Bytes } from "../text/bytes";

/** Any other one would go out with a token, too: TRACE and its like answer with what was sent, CONNECT asks for no answer. */
const SERVED: Bytes[] = Bytes.ofAll(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

export function isServed(method: usize, len: usize): bool {
  for (let i = 0, k = SERVED.length; i < k; i++) if (unchecked(SERVED[i]).equals(method, len)) return true;
  return false;
}
