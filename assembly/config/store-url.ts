/**
 * The URL of a fleet's store, taken apart: "rediss://user:password@host:6379/0". This file imports nothing and both compilers take it: the
 * command line tool renders the cluster by it, the module logs in by it.
 */

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
  const colon = text.indexOf("://");
  const scheme = colon < 0 ? "" : text.substring(0, colon);
  const rest = colon < 0 ? "" : text.substring(colon + 3);
  if (isSocket(text, scheme, rest)) return refuse(url, "a Unix socket, which only a cluster of your own reaches");
  // Valkey's clients have names of their own for the same.
  if (scheme == "rediss" || scheme == "valkeys") url.scheme = "rediss";
  else if (scheme != "redis" && scheme != "valkey") return refuse(url, "no URL of a Redis");
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

function isSocket(text: string, scheme: string, rest: string): boolean {
  if (text.startsWith("/") || text.startsWith("unix:")) return true;
  if (scheme.endsWith("+unix") || scheme.endsWith("+socket")) return true;
  if (scheme != "" && rest.startsWith("/") && rest.indexOf("/", 1) > 0) return true;
  return false;
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
  if (url.user == "%" || url.password == "%") url.fault = 'a "%" that begins no character of UTF-8';
  else if (url.password == "") url.fault = "a user without a password";
}

const HEX = "0123456789abcdef";

/** Percent-decoded. "%": it cannot be. */
function decode(text: string): string {
  let out = "";
  let point = 0;
  let least = 0;
  /** How many bytes its character still lacks. */
  let left = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) != 0x25) {
      if (left > 0) return "%";
      out += text.charAt(i);
      continue;
    }
    if (i + 2 >= text.length) return "%";
    const high = HEX.indexOf(text.charAt(i + 1).toLowerCase());
    const low = HEX.indexOf(text.charAt(i + 2).toLowerCase());
    const byte = high * 16 + low;
    if (high < 0 || low < 0 || byte < 0x20 || byte == 0x7f) return "%";
    i += 2;
    if (left > 0) {
      if (byte < 0x80 || byte > 0xbf) return "%";
      point = point * 64 + byte - 0x80;
      left--;
    } else {
      left = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      if (left > 0 && (byte < 0xc2 || byte > 0xf4)) return "%";
      point = left == 0 ? byte : left == 1 ? byte - 0xc0 : left == 2 ? byte - 0xe0 : byte - 0xf0;
      least = left == 2 ? 0x800 : left == 3 ? 0x10000 : 0;
    }
    if (left > 0) continue;
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return "%";
    if (point < 0x10000) out += String.fromCharCode(point);
    else out += String.fromCharCode(0xd7c0 + (point >> 10)) + String.fromCharCode(0xdc00 + (point & 0x3ff));
  }
  return left > 0 ? "%" : out;
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
