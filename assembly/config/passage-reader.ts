/** What of a client's request goes on beyond what the APIs know, and which web pages may call. */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { leadsOut } from "../text/path-traversal";
import { isServed } from "./methods";
import { Value } from "./json-tree";
import { Fields, show, textOf } from "./fields";
import { isToken } from "./identifiers";
import { addMistake } from "./mistakes";
import { AllowedPath, Provider } from "./provider";

/** Of the client's own credential, of the hop and of this gateway. */
const NEVER: string[] = [
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "cookie",
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
  "expect",
  "proxy-connection",
  "http2-settings",
  "accept-encoding",
  "x-forwarded-proto",
];

export function readPassage(fields: Fields, provider: Provider): void {
  const headers = fields.list("forwardHeaders");
  for (let i = 0; i < headers.length; i++) {
    const name = headerOf(headers[i]);
    if (name != "") provider.forwardHeaders.push(Bytes.of(name));
  }
  const members = fields.list("forwardQuery");
  for (let i = 0; i < members.length; i++) {
    const name = textOf(members[i]);
    if (name === null) continue;
    if (isMemberName(name)) provider.forwardQuery.push(Bytes.of(name));
    else addMistake(members[i].path, show(members[i]), "the name of a member of the query, decoded, at most 64 bytes");
  }
  const paths = fields.list("allowPaths");
  for (let i = 0; i < paths.length; i++) readPath(paths[i], provider.allowPaths);
}

function headerOf(value: Value): string {
  const text = textOf(value);
  if (text === null) return "";
  const name = text.toLowerCase();
  const isOwn = NEVER.includes(name) || name.startsWith("x-envoy-") || name.includes("ai-failover");
  if (isToken(name) && !isOwn) return name;
  addMistake(
    value.path,
    show(value),
    "the name of a header; none of a credential, of the connection or of this gateway",
  );
  return "";
}

function isMemberName(name: string): bool {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c <= 0x20 || c >= 0x7f || c == 0x26 || c == 0x3d || c == 0x3b) return false;
  }
  return name.length > 0 && name.length < 64;
}

const PATH_RULE = 'a path below the API, like "/v1/voices/*" or "DELETE /v1/files/*"';

function readPath(value: Value, to: AllowedPath[]): void {
  const text = textOf(value);
  if (text === null) return;
  const space = text.indexOf(" ");
  const method: Bytes | null = space < 0 ? null : Bytes.of(text.substring(0, space));
  let path = text.substring(space + 1);
  if (path == "/v1" || path.startsWith("/v1/")) path = path.substring(3);
  const isPrefix = path.endsWith("/*");
  if (isPrefix) path = path.substring(0, path.length - 1);
  const isWhole = path.startsWith("/") && (isPrefix || path.length > 1);
  if (!isWhole || !isPathText(path) || (method !== null && !isServed(method.ptr, method.len)))
    return addMistake(value.path, show(value), PATH_RULE);
  const allowed = new AllowedPath();
  allowed.method = method;
  allowed.path = Bytes.of(path);
  allowed.isPrefix = isPrefix;
  to.push(allowed);
}

/** What a path of a request can be, and one that is not refused for leading out. */
function isPathText(path: string): bool {
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i);
    if (c <= 0x20 || c >= 0x7f || c == Char.Question || c == Char.Hash || c == 0x2a) return false;
  }
  const bytes = Bytes.of(path);
  return !leadsOut(bytes.ptr, bytes.len);
}

/** `scheme://host[:port]` as a browser writes it, or "*". */
export function readOrigins(fields: Fields): Bytes[] {
  const origins: Bytes[] = [];
  const entries = fields.list("allowOrigins");
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const text = textOf(entry);
    if (text === null) continue;
    if (text == "*" || isOrigin(text)) origins.push(Bytes.of(text));
    else addMistake(entry.path, show(entry), 'an origin like "https://app.example", or "*"');
  }
  fields.finish();
  return origins;
}

function isOrigin(text: string): bool {
  const at = text.indexOf("://");
  if (at <= 0 || at + 3 >= text.length || text != text.toLowerCase()) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 0x20 || c >= 0x7f || (c == 0x2f && i != at + 1 && i != at + 2)) return false;
  }
  return true;
}
