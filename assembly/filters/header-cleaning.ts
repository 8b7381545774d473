/** Removes from a stream's headers and trailers what must not cross the gateway. What may not be a header is no trailer either. */
import { headersIn } from "../http/header-list";
import * as clientHeaders from "../request/client-headers";
import * as responseHead from "../response/response-head";
import * as host from "../proxywasm/host";

type Rule = (name: usize, len: usize) => bool;

/** What a client must not tell a provider. */
export function cleanRequestHeaders(list: usize, len: usize): void {
  const map = host.HeaderMap.Request;
  const header = headersIn(list, len);
  while (header.next())
    if (clientHeaders.mustNotPassGateway(header.name, header.nameLen))
      host.removeHeader(map, header.name, header.nameLen);
}

export function cleanRequestTrailers(): void {
  removeAllOf(host.HeaderMap.RequestTrailers, clientHeaders.mustNotForward);
}

/** What a provider must not tell the router or the client. */
export function cleanAnswerHeaders(list: usize, len: usize): void {
  removeAll(host.HeaderMap.Response, list, len, responseHead.mustNotForward);
}

export function cleanAnswerTrailers(): void {
  removeAllOf(host.HeaderMap.ResponseTrailers, responseHead.mustNotForward);
}

function removeAllOf(map: host.HeaderMap, mustRemove: Rule): void {
  const list = host.headers(map);
  if (list !== null) removeAll(map, list.ptr, list.len, mustRemove);
}

function removeAll(map: host.HeaderMap, list: usize, len: usize, mustRemove: Rule): void {
  const header = headersIn(list, len);
  while (header.next())
    if (mustRemove(header.name, header.nameLen)) host.removeHeader(map, header.name, header.nameLen);
}
