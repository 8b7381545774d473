/** What a web page may do here: nothing from another site, unless `cors.allowOrigins` names its origin. */
import { Char, equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import * as headerBuilder from "../http/header-builder";
import { isJson } from "../http/media-type";
import { Routing } from "../config/site-config";
import { Exchange, configOf } from "../request/exchange";
import { RequestHead } from "../request/request-head";
import * as replies from "../response/replies";
import { Refusal, refuse } from "../response/replies";

const OPTIONS = Bytes.of("OPTIONS");
const ANY = Bytes.of("*");
const CROSS_SITE = Bytes.of("cross-site");
const SAME_ORIGIN = Bytes.of("same-origin");
const NONE = Bytes.of("none");

/** A browser asks by it what a page may send; it has no credential. */
export function isQuestion(head: RequestHead): bool {
  return head.method.is(OPTIONS);
}

/** Null: no page of another site sends the request, or one that may. */
export function checkOrigin(x: Exchange, head: RequestHead): Refusal | null {
  const origin = head.origin;
  if (origin.len > 0) x.origin = allowedOrigin(configOf(x).allowOrigins, origin);
  if (x.origin != 0) return null;
  if (equalsIgnoreCase(head.fetchSite.ptr, head.fetchSite.len, CROSS_SITE)) return refuse(replies.ORIGIN_REFUSED);
  if (origin.len > 0 && isHostOf(origin, head.authority))
    return isOpen(x) && !isOwnName(head.authority) ? refuse(replies.PAGE_OF_A_NAME) : null;
  return sendsUnasked(head) ? refuse(replies.ORIGIN_REFUSED) : null;
}

/** Whoever reaches the listener may call; elsewhere the host may ask for a key, and it decides which names lead here. */
function isOpen(x: Exchange): bool {
  const config = configOf(x);
  return config.clientKeys.length == 0 && config.routing != Routing.Host;
}

/**
 * Whether nobody else can have made this name: an address, localhost, or one without a dot. Any other name may have been made to lead
 * here while its page is open (DNS rebinding), and to the browser that page is at home.
 */
function isOwnName(authority: Span): bool {
  if (load<u8>(authority.ptr) == Char.OpenBracket) return true;
  let size: usize = 0;
  let isName = false;
  let hasDot = false;
  for (; size < authority.len; size++) {
    const c = <i32>load<u8>(authority.ptr + size);
    if (c == Char.Colon) break;
    if (c == Char.Dot) hasDot = true;
    else if (<u32>(c - Char.Zero) > 9) isName = true;
  }
  if (!isName || !hasDot) return true;
  const below = LOCALHOST_BELOW.len;
  return size > below && equalsIgnoreCase(authority.ptr + size - below, below, LOCALHOST_BELOW);
}

const LOCALHOST_BELOW = Bytes.of(".localhost");

/**
 * A page of another origin whose body is no JSON: for that a browser has asked nobody. Not every browser, and none without TLS, says
 * how far the page is from here.
 */
function sendsUnasked(head: RequestHead): bool {
  if (head.origin.len == 0 || head.fetchSite.is(SAME_ORIGIN) || head.fetchSite.is(NONE)) return false;
  return !isJson(head.contentType.ptr, head.contentType.len);
}

/** Whether what follows "://" is the host that was called. */
function isHostOf(origin: Span, authority: Span): bool {
  const from = origin.len - authority.len;
  if (origin.len < authority.len + 3 || load<u8>(origin.ptr + from - 1) != Char.Slash) return false;
  return memory.compare(origin.ptr + from, authority.ptr, authority.len) == 0;
}

function allowedOrigin(origins: Bytes[], origin: Span): usize {
  for (let i = 0, k = origins.length; i < k; i++) {
    const allowed = unchecked(origins[i]);
    if (origin.is(allowed) || allowed.equals(ANY.ptr, ANY.len)) return changetype<usize>(allowed);
  }
  return 0;
}

const ALLOW_ORIGIN = Bytes.of("access-control-allow-origin");
const EXPOSE = Bytes.of("access-control-expose-headers");
const EXPOSED = Bytes.of(
  "retry-after, x-request-id, x-ai-failover-provider, x-ai-failover-model, x-ai-failover-attempts, x-ai-failover-trail",
);
const VARY = Bytes.of("vary");
const ORIGIN = Bytes.of("origin");

type Put = (name: Bytes, value: usize, len: usize) => void;

/** What lets the page read an answer. */
export function forEachCorsHeader(x: Exchange, put: Put): void {
  if (x.origin == 0) return;
  const origin = changetype<Bytes>(x.origin);
  put(ALLOW_ORIGIN, origin.ptr, origin.len);
  put(EXPOSE, EXPOSED.ptr, EXPOSED.len);
  put(VARY, ORIGIN.ptr, ORIGIN.len);
}

const ALLOW = Bytes.of("allow");
const ALLOW_METHODS = Bytes.of("access-control-allow-methods");
const ALLOW_HEADERS = Bytes.of("access-control-allow-headers");
const MAX_AGE = Bytes.of("access-control-max-age");
const METHODS = Bytes.of("GET, POST");
const TEN_MINUTES = Bytes.of("600");

/** Whether a list of names is nothing but that. */
function isVisible(list: Span): bool {
  for (let i: usize = 0; i < list.len; i++) {
    const c = <i32>load<u8>(list.ptr + i);
    if (c < Char.Space || c >= 0x7f) return false;
  }
  return list.len > 0;
}

/** The answer to the question: without these headers a browser sends nothing. */
export function addQuestionHeaders(x: Exchange, head: RequestHead): void {
  headerBuilder.put(ALLOW, METHODS);
  if (x.origin == 0) return;
  headerBuilder.put(ALLOW_METHODS, METHODS);
  const wanted = head.requestedHeaders;
  if (isVisible(wanted)) headerBuilder.add(ALLOW_HEADERS.ptr, ALLOW_HEADERS.len, wanted.ptr, wanted.len);
  headerBuilder.put(MAX_AGE, TEN_MINUTES);
  forEachCorsHeader(x, (name: Bytes, value: usize, len: usize): void =>
    headerBuilder.add(name.ptr, name.len, value, len),
  );
}
