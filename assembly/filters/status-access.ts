/**
 * Who may read the status and give orders. From this machine everybody, from elsewhere who has the password; no page of another
 * origin, also when its name is made to lead here (DNS rebinding).
 *
 * The listener needs `use_remote_address`: without it Envoy takes the client's address from x-forwarded-for.
 */
import { Char, equalsIgnoreCase, isDigit } from "../text/ascii";
import { decodeBase64 } from "../text/base64";
import { Bytes } from "../text/bytes";
import { digest, sameBytes } from "../text/sha256";
import { Span } from "../text/span";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";

export enum Access {
  Granted,
  /** It shows none, or not this one. */
  PasswordNeeded,
  /** It comes from elsewhere, and there is no password. */
  NotFromHere,
  ForeignPage,
  ForeignHost,
}

const ORIGIN = Bytes.of("origin");
const FETCH_SITE = Bytes.of("sec-fetch-site");
const AUTHORIZATION = Bytes.of("authorization");
const BEARER = Bytes.of("bearer ");
const BASIC = Bytes.of("basic ");
const LOCALHOST = Bytes.of("localhost");
/** A person has typed the address. */
const NONE = Bytes.of("none");
const LOOPBACKS: Bytes[] = Bytes.ofAll(["127.", "[::1]:", "[::ffff:127."]);

const REQUEST = host.HeaderMap.Request;

/** `password`: its SHA-256; null: there is none. `isOrder`: it changes something, or costs something. */
export function accessOf(password: Bytes | null, isOrder: bool): Access {
  if (isFromPage(isOrder)) return Access.ForeignPage;
  const hasShown = password !== null && showsPassword(password);
  if (!hasShown && !isPlainHost(host.header(REQUEST, hostNames.AUTHORITY))) return Access.ForeignHost;
  if (hasShown || isLocal()) return Access.Granted;
  return password !== null ? Access.PasswordNeeded : Access.NotFromHere;
}

/** Browsers say so; other clients do not send these. */
function isFromPage(isOrder: bool): bool {
  if (host.header(REQUEST, ORIGIN) !== null) return true;
  const site = host.header(REQUEST, FETCH_SITE);
  return site !== null && (isOrder || !site.is(NONE));
}

/** From this machine. */
function isLocal(): bool {
  const address = host.property(hostNames.SOURCE_ADDRESS);
  if (address === null) return false;
  for (let i = 0, k = LOOPBACKS.length; i < k; i++) if (address.startsWith(unchecked(LOOPBACKS[i]))) return true;
  return false;
}

/** An IP address or localhost: no name that somebody's DNS leads here. */
function isPlainHost(authority: Span | null): bool {
  if (authority === null) return false;
  const ptr = authority.ptr;
  if (authority.len > 0 && load<u8>(ptr) == Char.OpenBracket) return true;
  let end: usize = 0;
  while (end < authority.len && load<u8>(ptr + end) != Char.Colon) end++;
  if (equalsIgnoreCase(ptr, end, LOCALHOST)) return true;
  for (let i: usize = 0; i < end; i++) {
    const c = <i32>load<u8>(ptr + i);
    if (!isDigit(c) && c != Char.Dot) return false;
  }
  return end > 0;
}

const DIGEST_SIZE: usize = 32;
const shown: usize = memory.data(32);
const MOST_DECODED: usize = 512;
const decoded: usize = memory.data(512);

/** As a bearer token, or as the password of any user. */
function showsPassword(password: Bytes): bool {
  const value = host.header(REQUEST, AUTHORIZATION);
  if (value === null) return false;
  let ptr = value.ptr;
  let len = value.len;
  if (len > BEARER.len && equalsIgnoreCase(ptr, BEARER.len, BEARER)) {
    ptr += BEARER.len;
    len -= BEARER.len;
  } else if (len > BASIC.len && equalsIgnoreCase(ptr, BASIC.len, BASIC)) {
    if ((len - BASIC.len) / 4 >= MOST_DECODED / 3) return false;
    const size = decodeBase64(ptr + BASIC.len, len - BASIC.len, decoded);
    let colon: usize = 0;
    while (colon < size && load<u8>(decoded + colon) != Char.Colon) colon++;
    if (colon == size) return false;
    ptr = decoded + colon + 1;
    len = size - colon - 1;
  } else return false;
  digest(ptr, len, shown);
  memory.fill(decoded, 0, MOST_DECODED);
  return sameBytes(shown, password.ptr, DIGEST_SIZE);
}
