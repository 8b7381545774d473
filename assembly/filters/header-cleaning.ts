/** Removes from a stream's headers and trailers what must not cross the gateway. What may not be a header is no trailer either. */
import { headersIn } from "../http/header-list";
import { Dialect } from "../config/dialect";
import * as clientHeaders from "../request/client-headers";
import * as responseHead from "../response/response-head";
import * as host from "../proxywasm/host";

/** Leaves of a client's headers what its API knows and what the router needs; what a provider forwards besides is set for each hop. */
export function cleanRequestHeaders(list: usize, len: usize, dialect: Dialect): void {
  const header = headersIn(list, len);
  while (header.next()) {
    const name = header.name;
    const size = header.nameLen;
    if (!clientHeaders.isOfRouter(name, size) && !clientHeaders.isOfApi(name, size, dialect))
      host.removeHeader(host.HeaderMap.Request, name, size);
  }
}

/**
 * What Envoy itself tells a provider: attempts, operation, rewritten path ..., by the settings of others on the route or around it.
 * `isRouted`: no route is looked for any more, which needs the scheme.
 */
export function cleanAttemptHeaders(list: usize, len: usize, isRouted: bool): void {
  const header = headersIn(list, len);
  while (header.next()) {
    const name = header.name;
    const size = header.nameLen;
    if (clientHeaders.isOfEnvoy(name, size) || (isRouted && clientHeaders.FORWARDED_PROTO.equals(name, size)))
      host.removeHeader(host.HeaderMap.Request, name, size);
  }
}

/** No API knows a trailer of a request. True: among them were those of Envoy's decompressor, which has unpacked the body. */
export function cleanRequestTrailers(): bool {
  const list = host.headers(host.HeaderMap.RequestTrailers);
  if (list === null) return false;
  let wasUnpacked = false;
  const header = headersIn(list.ptr, list.len);
  while (header.next()) {
    if (clientHeaders.tellsOfUnpacking(header.name, header.nameLen)) wasUnpacked = true;
    host.removeHeader(host.HeaderMap.RequestTrailers, header.name, header.nameLen);
  }
  return wasUnpacked;
}

/** What a provider must not tell the router or the client. */
export function cleanAnswerHeaders(list: usize, len: usize): void {
  removeAll(host.HeaderMap.Response, list, len);
}

export function cleanAnswerTrailers(): void {
  const list = host.headers(host.HeaderMap.ResponseTrailers);
  if (list !== null) removeAll(host.HeaderMap.ResponseTrailers, list.ptr, list.len);
}

function removeAll(map: host.HeaderMap, list: usize, len: usize): void {
  const header = headersIn(list, len);
  while (header.next())
    if (responseHead.mustNotForward(header.name, header.nameLen)) host.removeHeader(map, header.name, header.nameLen);
}
