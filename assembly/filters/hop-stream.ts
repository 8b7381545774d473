/** Turns a request on a stream of the host into its hop's: headers and body. */
import { CONTENT_LENGTH } from "../http/header-names";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { headerValue } from "../http/header-list";
import { isForwarded, isOfApi } from "../request/client-headers";
import { Exchange, configOf } from "../request/exchange";
import { Hop, endpointOf, providerOf } from "../request/hop";
import * as hopRequest from "../request/hop-request";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";

const REQUEST = host.HeaderMap.Request;
const BODY = host.Buffer.RequestBody;

/**
 * Makes the request's headers, which are in `list` so far, this hop's. All attempts share one map (facts 1.8): what another hop has put
 * there is removed or replaced, its credential, its version and what its provider forwards.
 */
export function setHopHeaders(x: Exchange, hop: Hop, bodyless: bool, list: usize, listLen: usize): void {
  const isFirst = x.stepCount == 1;
  const endpoint = endpointOf(hop);
  host.setHeader(REQUEST, hostNames.AUTHORITY, endpoint.authority.ptr, endpoint.authority.len);
  const path = hopRequest.path(x, hop);
  const pathBefore = headerValue(list, listLen, hostNames.PATH);
  if (pathBefore === null || !isSame(pathBefore, path)) host.setHeader(REQUEST, hostNames.PATH, path.ptr, path.len);
  // Before the first attempt the gateway filter has removed the client's.
  if (!isFirst) removeCredentials(endpoint.authHeader);
  const credential = hopRequest.credential(hop);
  if (credential.len > 0) host.setHeader(REQUEST, endpoint.authHeader, credential.ptr, credential.len);
  else host.removeHeader(REQUEST, endpoint.authHeader.ptr, endpoint.authHeader.len);
  const version = endpoint.versionHeader;
  if (version !== null && headerValue(x.headers, x.headersLen, version) === null)
    host.setHeader(REQUEST, version, endpoint.versionValue!.ptr, endpoint.versionValue!.len);
  setForwarded(x, hop);
  if (bodyless) return;
  const length = hopRequest.bodyLength(x, hop);
  if (!isFirst || !x.isBodyInPlace || length != x.bodyLen) host.setNumberHeader(REQUEST, CONTENT_LENGTH, length);
}

/** What the hop's provider forwards besides what the API knows; and not what another one does. */
function setForwarded(x: Exchange, hop: Hop): void {
  const names = configOf(x).forwardHeaders;
  for (let i = 0, k = names.length; i < k; i++) {
    const name = unchecked(names[i]);
    if (isOfApi(name.ptr, name.len, x.dialect)) continue;
    const value = isForwarded(name, providerOf(hop)) ? headerValue(x.headers, x.headersLen, name) : null;
    if (value !== null) host.setHeader(REQUEST, name, value.ptr, value.len);
    else if (x.stepCount > 1) host.removeHeader(REQUEST, name.ptr, name.len);
  }
}

function isSame(a: Span, b: Span): bool {
  return a.len == b.len && memory.compare(a.ptr, b.ptr, a.len) == 0;
}

function removeCredentials(except: Bytes): void {
  for (let i = 0, k = hostNames.CREDENTIALS.length; i < k; i++) {
    const name = unchecked(hostNames.CREDENTIALS[i]);
    if (!name.equals(except.ptr, except.len)) host.removeHeader(REQUEST, name.ptr, name.len);
  }
}

/** Up to this size a body is put together here, which costs less than two more writes. */
const SMALL: usize = 8 << 10;
const small: usize = memory.data(8 << 10);
const writer = new Writer();

/** Puts the parked body in place of what is in the buffer, with the hop's model: up to three writes of a large one, no copy. */
export function setHopBody(x: Exchange, hop: Hop, size: usize): void {
  const model = hopRequest.model(x, hop);
  if (model.len == 0) {
    if (!x.isBodyInPlace || size != x.bodyLen) host.setBody(BODY, 0, size, x.body, x.bodyLen);
    return;
  }
  const rest = x.bodyLen - x.modelEnd;
  if (x.modelStart + model.len + rest <= SMALL) {
    writer.into(small, SMALL);
    writer.raw(x.body, x.modelStart);
    writer.raw(model.ptr, model.len);
    writer.raw(x.body + x.modelEnd, rest);
    host.setBody(BODY, 0, size, writer.ptr, writer.len);
    return;
  }
  host.setBody(BODY, 0, size, x.body, x.modelStart);
  host.setBody(BODY, x.modelStart, 0, model.ptr, model.len);
  host.setBody(BODY, x.modelStart + model.len, 0, x.body + x.modelEnd, rest);
}
