/** The secrets of a configuration: a provider's tokens and the keys of clients. */
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { digest } from "../text/sha256";
import { Value } from "./json-tree";
import { expand, isVariable } from "./environment";
import { Fields, quote, show } from "./fields";
import { nameOf } from "./identifiers";
import { addMistake, addWarning } from "./mistakes";
import { ClientKey } from "./site-config";
import { Token } from "./token";
import { Predicate } from "./predicate";
import { predicateOf, readPatterns } from "./mapping-reader";

const MOST = 1000000;
const DIGEST_SIZE = 32;
const scratch = memory.data(DIGEST_SIZE);

/** The tokens of one provider; one without a secret where none is needed. `isWeighted`: they are chosen by their weights. */
export function readTokens(fields: Fields, isWeighted: bool, tokenless: bool, higress: bool): Token[] {
  const tokens: Token[] = [];
  const member = fields.take("apiTokens");
  let entries: Value[] = [];
  // Higress takes one text for a list of one.
  if (member !== null && higress && member.kind == Kind.String) entries.push(member);
  else entries = fields.list("apiTokens");
  const names: string[] = [];
  for (let i = 0; i < entries.length; i++) readEntry(entries[i], isWeighted, tokens, names);
  if (tokens.length > 0 || entries.length > 0) return tokens;
  if (tokenless) tokens.push(makeToken("-", ""));
  else addMistake(fields.pathOf("apiTokens"), "no token", 'at least one, like "${NAME}"');
  return tokens;
}

/** What an entry says of all tokens that it stands for. */
class TokenTerms {
  name: string = "";
  weight: i32 = 1;
  priority: i32 = 0;
  models: Predicate[] = [];
}

function readEntry(entry: Value, isWeighted: bool, tokens: Token[], names: string[]): void {
  if (entry.kind == Kind.String) return addTokens(entry, new TokenTerms(), tokens);
  if (entry.kind != Kind.Object)
    return addMistake(entry.path, show(entry), "a token as text, or {name, value, models, priority, weight}");
  const fields = new Fields(entry);
  const named = fields.take("name");
  const name = named === null ? "" : nameOf(named);
  const terms = new TokenTerms();
  terms.name = name;
  terms.weight = fields.whole("weight", 1, 0, MOST);
  if (terms.weight > 1 && !isWeighted)
    addWarning(fields.pathOf("weight"), 'has no effect without tokenChoice: "weighted"');
  terms.priority = fields.whole("priority", 0, 0, MOST);
  terms.models = readPatterns(fields, "models").map<Predicate>(pattern => predicateOf(pattern));
  const value = fields.take("value");
  if (fields.take("valueFile") !== null)
    addMistake(fields.pathOf("valueFile"), "a file, which the module cannot read", 'value, best "${NAME}"');
  else if (value === null) addMistake(entry.path, "no value", 'value, best "${NAME}"');
  else if (value.kind != Kind.String) addMistake(value.path, show(value), "a token as text");
  else addTokens(value, terms, tokens);
  if (name != "" && names.includes(name))
    addMistake(fields.pathOf("name"), `${quote(name)} once more`, "a name of its own");
  names.push(name);
  fields.finish();
}

/** The tokens that one text stands for: a variable may hold several, separated by commas. */
function addTokens(value: Value, terms: TokenTerms, tokens: Token[]): void {
  const expanded = expand(value.text);
  if (expanded.found != "") return addMistake(value.path, expanded.found, expanded.allowed);
  const parts = isVariable(value.text) ? expanded.text.split(",") : [expanded.text];
  for (let i = 0; i < parts.length; i++) {
    const secret = isVariable(value.text) ? parts[i].trim() : parts[i];
    const which =
      parts.length > 1 ? `part ${i + 1} of ${value.text}` : isVariable(value.text) ? value.text : "the token";
    if (!isFit(secret, value.path, which)) continue;
    const label = terms.name != "" && i > 0 ? `${terms.name}-${i + 1}` : terms.name;
    const token = makeToken(label, secret);
    token.weight = terms.weight;
    token.priority = terms.priority;
    token.models = terms.models;
    if (holds(tokens, token)) addWarning(value.path, `${which} stands here twice and counts once`);
    else tokens.push(token);
  }
}

/** RFC 9110, section 5.5: what else a field value may hold no provider uses in a token, so it is a slip of the clipboard. */
function isFit(secret: string, path: string, which: string): bool {
  if (secret == "") addMistake(path, `${which} is empty`, "a token");
  for (let i = 0; i < secret.length; i++) {
    const c = secret.charCodeAt(i);
    if (c > 0x20 && c < 0x7f) continue;
    const kind = c == 0x20 ? "a space" : c < 0x20 || c == 0x7f ? "a control character" : "a letter beyond ASCII";
    addMistake(path, `${which} holds ${kind} at position ${i + 1}`, "visible ASCII characters, no spaces");
    return false;
  }
  return secret != "";
}

function makeToken(name: string, secret: string): Token {
  const token = new Token();
  const bearer = Bytes.of("Bearer " + secret);
  digest(bearer.ptr + 7, bearer.len - 7, scratch);
  token.bearer = bearer;
  token.hash = load<u64>(scratch);
  token.label = Bytes.of(name != "" ? name : "#" + hexOf(scratch, 4));
  return token;
}

function holds(tokens: Token[], token: Token): bool {
  for (let i = 0; i < tokens.length; i++) if (tokens[i].bearer.equals(token.bearer.ptr, token.bearer.len)) return true;
  return false;
}

function hexOf(ptr: usize, len: usize): string {
  let hex = "";
  for (let i: usize = 0; i < len; i++) {
    const c = <i32>load<u8>(ptr + i);
    hex += (c >> 4).toString(16) + (c & 15).toString(16);
  }
  return hex;
}

/** Shorter keys of clients are guessed by trying. */
const SHORTEST_KEY = 8;

export function readClientKeys(fields: Fields): ClientKey[] {
  const keys: ClientKey[] = [];
  const names: string[] = [];
  const entries = fields.list("clientKeys");
  for (let i = 0; i < entries.length; i++) {
    const entry = new Fields(entries[i]);
    const named = entry.take("name");
    const value = entry.take("value");
    const hash = entry.take("sha256");
    const name = named === null ? "" : nameOf(named);
    if (named === null) addMistake(entry.pathOf("name"), "nothing", "a name");
    if (name != "" && names.includes(name))
      addMistake(entry.pathOf("name"), `${quote(name)} once more`, "a name of its own");
    names.push(name);
    if ((value === null) == (hash === null))
      addMistake(entries[i].path, value === null ? "neither value nor sha256" : "value and sha256", "value or sha256");
    else if (value !== null ? digestValue(value) : readHex(hash!)) {
      const key = new ClientKey();
      key.name = Bytes.of(name);
      key.digest = Bytes.copy(scratch, DIGEST_SIZE);
      keys.push(key);
    }
    entry.finish();
  }
  return keys;
}

/** The digest of `password`; null: there is none. */
export function readPassword(fields: Fields): Bytes | null {
  const value = fields.take("password");
  return value !== null && digestValue(value) ? Bytes.copy(scratch, DIGEST_SIZE) : null;
}

function digestValue(value: Value): bool {
  if (value.kind != Kind.String) {
    addMistake(value.path, show(value), 'a key as text, best "${NAME}"');
    return false;
  }
  const expanded = expand(value.text);
  if (expanded.found != "") {
    addMistake(value.path, expanded.found, expanded.allowed);
    return false;
  }
  if (!isFit(expanded.text, value.path, isVariable(value.text) ? value.text : "the key")) return false;
  if (expanded.text.length < SHORTEST_KEY) {
    addMistake(value.path, "a key that can be guessed", `at least ${SHORTEST_KEY} characters`);
    return false;
  }
  const text = Bytes.of(expanded.text);
  digest(text.ptr, text.len, scratch);
  return true;
}

/** 64 hex digits into the scratch. */
function readHex(value: Value): bool {
  let fits = value.kind == Kind.String && value.text.length == 2 * DIGEST_SIZE;
  for (let i = 0; fits && i < value.text.length; i++) {
    const c = value.text.charCodeAt(i) | 0x20;
    const digit = c <= 0x39 ? c - 0x30 : c - 0x57;
    fits = c <= 0x39 ? c >= 0x30 : c >= 0x61 && c <= 0x66;
    const high = i & 1 ? (<i32>load<u8>(scratch + (i >> 1))) << 4 : 0;
    store<u8>(scratch + (i >> 1), high | (digit & 15));
  }
  if (!fits) addMistake(value.path, show(value), "64 hex digits");
  return fits;
}
