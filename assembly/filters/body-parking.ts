/** A request's body is parked in our own memory: the host's buffer has a limit, and the body may be sent more than once. */
import { Bytes } from "../text/bytes";
import { capacityFor, reserveBody, parkedBytes } from "../request/parked-body";
import { Exchange, configOf } from "../request/exchange";
import * as replies from "../response/replies";
import { Refusal, refuse } from "../response/replies";
import * as host from "../proxywasm/host";

const BODY = host.Buffer.RequestBody;
/** Goes down the chain in place of the parked body, so that no buffer limit of Envoy counts (facts 3.4). */
const PLACEHOLDER = Bytes.of("{}");
/** A whole body up to this size stays in the host's buffer: no buffer limit of Envoy is that low. */
const SMALL: usize = 16 << 10;
/** When to come again where `limits.parkedBodies` is reached, s. */
const RETRY_SOON: u64 = 1;

/** Takes the `size` bytes of the host's buffer; `leavesPlaceholder`: something stays there for the attempt filter to replace. */
export function park(x: Exchange, size: usize, leavesPlaceholder: bool): Refusal | null {
  if (size == 0) return null;
  const needed = x.bodyLen + size;
  const capacity = capacityFor(x, needed);
  const refusal = refuseSize(x, needed, capacity);
  if (refusal !== null) return refusal;
  reserveBody(x, capacity);
  x.bodyLen += host.bodyInto(BODY, 0, size, x.body + x.bodyLen);
  x.isBodyInPlace = leavesPlaceholder && size == x.declaredLength && size <= SMALL;
  if (x.isBodyInPlace) return null;
  host.setBody(BODY, 0, size, PLACEHOLDER.ptr, leavesPlaceholder ? PLACEHOLDER.len : 0);
  return null;
}

/** Null: the body may grow to `size`, for which `capacity` is needed. */
export function refuseSize(x: Exchange, size: usize, capacity: usize): Refusal | null {
  const config = configOf(x);
  if (size > config.requestBodyLimit) {
    const refusal = refuse(replies.BODY_TOO_LARGE);
    refusal.message.decimal(config.requestBodyLimit);
    return refusal;
  }
  const more = capacity - x.bodyCapacity;
  return parkedBytes() + more <= config.parkedBodiesLimit ? null : refuse(replies.BODIES_AT_LIMIT, RETRY_SOON);
}
