/** Whether a request may come in, by its head: who calls, how, and for how large a body. */
import { equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { digest, sameBytes } from "../text/sha256";
import { Span } from "../text/span";
import { isServed } from "../config/methods";
import { ClientKey } from "../config/site-config";
import { Exchange, configOf } from "../request/exchange";
import { RequestHead, isAllowedPath } from "../request/request-head";
import { pathLeadsOut, pathLength } from "../request/request-path";
import * as replies from "../response/replies";
import { Refusal, refuse, refuseMethod } from "../response/replies";
import { refuseSize } from "./body-parking";

const SERVED_METHODS = Bytes.of("GET, POST");
/** Of gateways of ours one behind the other: more are one that calls itself. */
const MOST_HOPS = 8;
const OFF = Bytes.of("off");
const SAME_MODEL = Bytes.of("same-model");

/** Null: what serves the request has no mistakes, and the caller has shown a key or needs none. */
export function checkEntry(x: Exchange, head: RequestHead): Refusal | null {
  if (configOf(x).isRefused) return refuse(replies.CONFIGURATION_REFUSED);
  const keys = configOf(x).clientKeys;
  if (keys.length == 0) return null;
  const key = keyShown(head, keys);
  if (key === null) return refuse(replies.KEY_REQUIRED);
  x.clientKey = changetype<usize>(key);
  return null;
}

/** Null: it is admitted. `end`: no body follows. */
export function admit(x: Exchange, head: RequestHead, end: bool): Refusal | null {
  if (x.hops >= MOST_HOPS) return refuse(replies.TOO_MANY_HOPS);
  // Without a body callback it cannot be planned (facts 14), and untouched it would take the client's credential on.
  if (head.wantsUpgrade) return refuse(replies.UPGRADE_REFUSED);
  if (head.isCompressed && !end) return refuse(replies.COMPRESSED);
  const methods = head.methods;
  if (!isServed(head.method.ptr, head.method.len))
    return refuseMethod(replies.METHOD_REFUSED, methods !== null ? methods : SERVED_METHODS);
  // Hosts resolve what is plain; what is encoded, or meant for another kind of server, would go on with a token.
  if (pathLeadsOut(head.path)) return refuse(replies.PATH_LEADS_OUT);
  if (isRoot(head.path)) return refuse(replies.PATH_UNSERVED);
  if (x.isUnlisted && !isAllowedPath(x, head))
    return methods !== null ? refuseMethod(replies.METHOD_UNSERVED, methods) : refuse(replies.PATH_UNSERVED);
  if (head.failover.len > 0) {
    if (head.failover.is(OFF)) x.isSentOnce = true;
    else if (head.failover.is(SAME_MODEL)) x.keepsModel = true;
    else return refuse(replies.FAILOVER_HEADER_INVALID);
  }
  if (head.contentLength <= 0 || end) return null;
  x.declaredLength = <usize>min(head.contentLength, <i64>usize.MAX_VALUE);
  return refuseSize(x, x.declaredLength, x.declaredLength);
}

/** Who looks whether somebody is there needs no provider's token for it. */
function isRoot(path: Span): bool {
  return pathLength(path.ptr, path.len) <= 1;
}

const DIGEST_SIZE: usize = 32;
const shown: usize = memory.data(32);
const BEARER = Bytes.of("Bearer ");

/** Libraries of two providers in one application, and proxies before us, show more than one. */
function keyShown(head: RequestHead, keys: ClientKey[]): ClientKey | null {
  for (let i = 0; i < head.credentials.length; i++) {
    const shown = unchecked(head.credentials[i]);
    const key = shown.len > 0 ? keyOf(shown, keys) : null;
    if (key !== null) return key;
  }
  return null;
}

/** The configured key that the client has shown; null: none of them. Takes the same time whichever it is. */
function keyOf(credential: Span, keys: ClientKey[]): ClientKey | null {
  const isBearer = credential.len > BEARER.len && equalsIgnoreCase(credential.ptr, BEARER.len, BEARER);
  const skip: usize = isBearer ? BEARER.len : 0;
  digest(credential.ptr + skip, credential.len - skip, shown);
  let found: ClientKey | null = null;
  for (let i = 0, k = keys.length; i < k; i++) {
    const key = unchecked(keys[i]);
    if (sameBytes(shown, key.digest.ptr, DIGEST_SIZE)) found = key;
  }
  return found;
}
