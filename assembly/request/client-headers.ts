/** Which of a client's headers go on to a provider. */
import { Bytes } from "../text/bytes";
import { HeaderSet } from "../http/header-set";

/** Never reach a provider; the hop's own are set afterwards. */
const DROPPED = new HeaderSet(
  [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "cookie",
    // Where the client is, as a proxy before this one or its browser tells. A provider may refuse an origin like a bad token.
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "origin",
    "referer",
    "accept-encoding",
  ],
  ["x-envoy-", "x-forwarded-", "x-ai-failover"],
);

/** Removed last, by the attempt filter: without it Envoy finds no route (it takes the request's scheme from it). */
export const FORWARDED_PROTO = Bytes.of("x-forwarded-proto");

/** Whether a header of the client must not reach a provider. */
export function mustNotForward(name: usize, len: usize): bool {
  return DROPPED.has(name, len);
}

/** The same at the gateway filter, behind which the router still needs FORWARDED_PROTO. */
export function mustNotPassGateway(name: usize, len: usize): bool {
  return mustNotForward(name, len) && !FORWARDED_PROTO.equals(name, len);
}

/** Headers that a callout gets from its hop or from the host, not from the client: with the hop-by-hop ones of RFC 9110, 7.6.1. */
const OF_HOP = new HeaderSet([
  ":path",
  ":authority",
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

export function isHopHeader(name: usize, len: usize): bool {
  return OF_HOP.find(name, len) >= 0;
}
