/**
 * The URL of a fleet's store, taken apart: "rediss://user:password@host:6379/0". This file imports nothing and both compilers take it: the
 * command line tool renders the cluster by it, the module logs in by it.
 */

const PLAIN = "redis://";
const TLS = "rediss://";
const MOST_DATABASE: number = 65535;

export class StoreUrl {
  /** What stands in its place; "": it is one. Never the text itself, which holds a password. */
  fault: string = "";
  /** "redis" or "rediss", which is with TLS. */
  scheme: string = "redis";
  /** As they are written, percent-decoded; "": there is none. */
  user: string = "";
  password: string = "";
  /** A name or an address, an IPv6 one without brackets. */
  host: string = "";
  port: number = 6379;
  database: number = 0;
}

export function parseStoreUrl(text: string): StoreUrl {
  const url = new StoreUrl();
  if (text.startsWith(TLS)) url.scheme = "rediss";
  else if (!text.startsWith(PLAIN)) return refuse(url, "no URL of a Redis");
  const rest = text.substring(url.scheme.length + 3);
  const at = rest.lastIndexOf("@");
  if (at >= 0) readUser(url, rest.substring(0, at));
  if (url.fault != "") return url;
  const place = rest.substring(at + 1);
  if (place.includes("?") || place.includes("#")) return refuse(url, "a URL with a query or a fragment");
  const slash = place.indexOf("/");
  readPlace(url, slash < 0 ? place : place.substring(0, slash));
  if (url.fault != "") return url;
  const database = slash < 0 ? "" : place.substring(slash + 1);
  if (database != "") {
    url.database = whole(database);
    if (!(url.database <= MOST_DATABASE)) return refuse(url, "no number of a database behind the host");
  }
  return url;
}

function refuse(url: StoreUrl, fault: string): StoreUrl {
  url.fault = fault;
  return url;
}

/** "user:password", ":password" or "user:". */
function readUser(url: StoreUrl, text: string): void {
  const colon = text.indexOf(":");
  if (colon < 0) {
    url.fault = "a user without a password";
    return;
  }
  url.user = decode(text.substring(0, colon));
  url.password = decode(text.substring(colon + 1));
  if (url.user == "%" || url.password == "%") url.fault = 'a "%" that begins no character of ASCII';
  else if (url.password == "") url.fault = "a user without a password";
}

/** "%": it cannot be decoded. */
function decode(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c != 0x25) {
      out += text.charAt(i);
      continue;
    }
    const value = i + 2 < text.length ? hexDigit(text.charCodeAt(i + 1)) * 16 + hexDigit(text.charCodeAt(i + 2)) : -1;
    if (value < 0x20 || value > 0x7e) return "%";
    for (let letter = 0x20; letter <= 0x7e; letter++) if (letter == value) out += String.fromCharCode(letter);
    i += 2;
  }
  return out;
}

/** Far below 0: it is none. */
function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  if (c >= 0x61 && c <= 0x66) return c - 0x57;
  return c >= 0x41 && c <= 0x46 ? c - 0x37 : -1000;
}

function readPlace(url: StoreUrl, text: string): void {
  const bracket = text.indexOf("]");
  const isV6 = text.startsWith("[") && bracket > 0;
  const colon = text.indexOf(":", isV6 ? bracket : 0);
  const hostEnd = colon < 0 ? text.length : colon;
  url.host = isV6 ? text.substring(1, bracket) : text.substring(0, hostEnd);
  const strange = isV6 ? (hostEnd == bracket + 1 ? strangers(url.host, ADDRESS) : 1) : strangers(url.host, NAME);
  if (hostEnd < text.length) url.port = whole(text.substring(hostEnd + 1));
  if (strange > 0 || url.host == "" || !(url.port >= 1 && url.port <= 65535)) url.fault = "no host and port";
}

const ADDRESS = "0123456789abcdefABCDEF:.";
const NAME = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._";

/** How many characters are none of these. */
function strangers(text: string, allowed: string): number {
  let count: number = 0;
  for (let i = 0; i < text.length; i++) if (!allowed.includes(text.charAt(i))) count++;
  return count;
}

/** NaN: it is none, or has more than five digits. */
function whole(text: string): number {
  if (text.length == 0 || text.length > 5) return NaN;
  let value: number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit: number = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}
