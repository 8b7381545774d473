/** Which of a client's headers go on to a provider: those that its API knows, and those that the provider's `forwardHeaders` names. */
import { Bytes } from "../text/bytes";
import { Char } from "../text/ascii";
import { HeaderSet } from "../http/header-set";
import { Dialect } from "../config/dialect";
import { Provider } from "../config/provider";

/** Of every API: what the body is, what the caller takes, who it is as a program, and how the call is found again. */
const OF_EVERY_API = new HeaderSet(
  [
    "content-type",
    "content-encoding",
    "accept",
    "accept-language",
    "user-agent",
    "idempotency-key",
    "x-request-id",
    "x-client-request-id",
    "traceparent",
    "tracestate",
  ],
  // Of the official client libraries: their version, language and number of the try.
  ["x-stainless-"],
);
const OF_MESSAGES = new HeaderSet(["anthropic-version", "anthropic-beta"]);
const OF_OPENAI = new HeaderSet(["openai-beta"]);

/** Removed last, by the attempt filter: without it Envoy finds no route (it takes the request's scheme from it). */
export const FORWARDED_PROTO = Bytes.of("x-forwarded-proto");

const OF_ENVOY = Bytes.of("x-envoy-");

export function isOfEnvoy(name: usize, len: usize): bool {
  return len >= OF_ENVOY.len && memory.compare(name, OF_ENVOY.ptr, OF_ENVOY.len) == 0;
}

/** Whether the API knows the header. */
export function isOfApi(name: usize, len: usize, dialect: Dialect): bool {
  if (OF_EVERY_API.has(name, len)) return true;
  return (dialect == Dialect.Messages ? OF_MESSAGES : OF_OPENAI).find(name, len) >= 0;
}

/** Whether the provider's configuration names the header, lower case. */
export function isForwarded(name: Bytes, provider: Provider): bool {
  const names = provider.forwardHeaders;
  for (let i = 0, k = names.length; i < k; i++) if (unchecked(names[i]).equals(name.ptr, name.len)) return true;
  return false;
}

const METHOD = Bytes.of(":method");
const SCHEME = Bytes.of(":scheme");

/** Of the request line a callout takes over what is not its hop's. */
export function isOfCallout(name: usize, len: usize): bool {
  return METHOD.equals(name, len) || SCHEME.equals(name, len);
}

const DECOMPRESSOR = new HeaderSet([], ["x-envoy-decompressor-"]);

/** Whether a trailer is one that Envoy's decompressor adds. */
export function tellsOfUnpacking(name: usize, len: usize): bool {
  return DECOMPRESSOR.has(name, len);
}

/** Of the framing and of the connection: RFC 9110, 7.6.1. */
const OF_HOP = new HeaderSet([
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

/** Whether the router still needs a header behind the gateway filter: the request line, the framing, and the scheme. */
export function isOfRouter(name: usize, len: usize): bool {
  if (len > 0 && load<u8>(name) == Char.Colon) return true;
  return OF_HOP.find(name, len) >= 0 || FORWARDED_PROTO.equals(name, len);
}
