/** A URL that can be called, taken apart. */
import { Char, isDigit, isLetter } from "../text/ascii";

const HTTP = "http://";
const HTTPS = "https://";

export class Url {
  /** A name or an address, an IPv6 one in brackets. */
  host: string = "";
  port: i32 = 443;
  /** As :authority has it: without a port that the scheme implies. */
  authority: string = "";
  /** Without a slash at the end; "" for the root. */
  path: string = "";
  /** Without the '?'. */
  query: string = "";

  get isAddress(): bool {
    if (this.host.startsWith("[")) return true;
    for (let i = 0; i < this.host.length; i++) {
      const c = this.host.charCodeAt(i);
      if (!isDigit(c) && c != Char.Dot) return false;
    }
    return true;
  }
}

/** The URL of a text, or what the text has in its place: never the text itself, which may be a token in the wrong place. */
export class ParsedUrl {
  constructor(
    readonly url: Url | null,
    readonly fault: string,
  ) {}
}

export function parseUrl(text: string): ParsedUrl {
  const secure = text.startsWith(HTTPS);
  if (!secure && !text.startsWith(HTTP)) return refuse("no URL that can be called");
  const rest = text.substring(secure ? HTTPS.length : HTTP.length);
  let end = 0;
  while (end < rest.length && !"/?#".includes(rest.charAt(end))) end++;
  const authority = rest.substring(0, end);
  if (authority.includes("@")) return refuse("a user or password in the URL");
  if (rest.includes("#")) return refuse("a URL with a fragment");
  for (let i = end; i < rest.length; i++) {
    const c = rest.charCodeAt(i);
    if (c <= Char.Space || c > 0x7e || c == Char.Quote || c == Char.Backslash)
      return refuse("no URL that can be called");
  }
  const url = new Url();
  if (!readAuthority(url, authority, secure ? 443 : 80)) return refuse("no URL that can be called");
  const query = rest.indexOf("?", end);
  url.path = withoutSlash(query < 0 ? rest.substring(end) : rest.substring(end, query));
  if (query >= 0) url.query = rest.substring(query + 1);
  return new ParsedUrl(url, "");
}

function refuse(fault: string): ParsedUrl {
  return new ParsedUrl(null, fault);
}

/** "host", "host:port", "[v6]:port". */
function readAuthority(url: Url, text: string, impliedPort: i32): bool {
  const isV6 = text.startsWith("[");
  const hostEnd = isV6 ? text.indexOf("]") + 1 : text.includes(":") ? text.indexOf(":") : text.length;
  const host = text.substring(0, hostEnd);
  const last = isV6 ? hostEnd - 1 : hostEnd;
  for (let i = isV6 ? 1 : 0; i < last; i++) {
    const c = host.charCodeAt(i);
    const fits = isV6 ? isHex(c) || c == Char.Colon || c == Char.Dot : isDigit(c) || isLetter(c) || isJoint(c);
    if (!fits) return false;
  }
  if (host.length == (isV6 ? 2 : 0) || hostEnd == 0) return false;
  url.host = host;
  url.port = impliedPort;
  if (hostEnd < text.length) {
    const digits = text.substring(hostEnd + 1);
    if (text.charCodeAt(hostEnd) != Char.Colon || digits.length == 0 || digits.length > 5) return false;
    let port = 0;
    for (let i = 0; i < digits.length; i++) {
      if (!isDigit(digits.charCodeAt(i))) return false;
      port = port * 10 + digits.charCodeAt(i) - Char.Zero;
    }
    if (port < 1 || port > 65535) return false;
    url.port = port;
  }
  url.authority = url.port == impliedPort ? host : `${host}:${url.port}`;
  return true;
}

function isJoint(c: i32): bool {
  return c == Char.Dot || c == Char.Minus || c == 0x5f;
}

function isHex(c: i32): bool {
  return isDigit(c) || <u32>((c | 0x20) - 0x61) < 6;
}

export function withoutSlash(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) == Char.Slash) end--;
  return path.substring(0, end);
}
