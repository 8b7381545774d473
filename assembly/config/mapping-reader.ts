/** Names of models, patterns of them, and what they become at a provider. */
import { hasControl } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { Writer } from "../text/writer";
import { Value } from "./json-tree";
import { Fields, show, textOf } from "./fields";
import { addMistake } from "./mistakes";
import { MappingEntry, ModelMapping, ModelName } from "./model-mapping";
import { Predicate } from "./predicate";

/** The name of a model, or part of it; "" after a complaint. */
export function modelOf(value: Value): string {
  const text = textOf(value);
  if (text === null) return "";
  const bytes = Bytes.of(text);
  // It goes into headers.
  if (bytes.len > 0 && !hasControl(bytes.ptr, bytes.len)) return text;
  addMistake(value.path, show(value), "the name of a model");
  return "";
}

/** Whether a name is one of many: "prefix*". */
export function isPrefix(pattern: string): bool {
  return pattern.endsWith("*");
}

/** Refuses what is neither an exact name nor "prefix*". */
export function checkPattern(path: string, shown: string, pattern: string): bool {
  if (pattern.startsWith("~")) addMistake(path, shown, 'an exact name or "prefix*"; no regular expression');
  else if (pattern.indexOf("*") >= 0 && pattern.indexOf("*") < pattern.length - 1)
    addMistake(path, shown, 'an exact name, or one "*" at the end');
  else return true;
  return false;
}

/** A list of names and "prefix*". */
export function readPatterns(fields: Fields, name: string): string[] {
  const patterns: string[] = [];
  const entries = fields.list(name);
  for (let i = 0; i < entries.length; i++) {
    const pattern = modelOf(entries[i]);
    if (pattern != "" && checkPattern(entries[i].path, show(entries[i]), pattern)) patterns.push(pattern);
  }
  return patterns;
}

/** What a name or "prefix*" matches. */
export function predicateOf(pattern: string): Predicate {
  const isExact = !isPrefix(pattern);
  return makePredicate(isExact ? pattern : pattern.substring(0, pattern.length - 1), isExact);
}

export function makePredicate(value: string, isExact: bool): Predicate {
  const predicate = new Predicate();
  predicate.isExact = isExact;
  predicate.value = Bytes.of(value);
  return predicate;
}

/** The mapping in the order in which its entries are tried: exact names, longer prefixes first, "*" last. */
export function readMapping(value: Value | null): ModelMapping {
  const mapping = new ModelMapping();
  if (value === null) return mapping;
  if (value.kind != Kind.Object) {
    addMistake(value.path, show(value), 'an object {"model": "its name there"}');
    return mapping;
  }
  for (let i = 0; i < value.items.length; i++) {
    const item = value.items[i];
    const target = textOf(item);
    if (target === null || !checkPattern(item.path, `the name "${item.name.slice(0, 60)}"`, item.name)) continue;
    if (target != "" && modelOf(item) == "") continue;
    const entry = new MappingEntry();
    entry.isExact = !isPrefix(item.name);
    entry.pattern = Bytes.of(entry.isExact ? item.name : item.name.substring(0, item.name.length - 1));
    entry.target = target == "" ? null : makeModelName(target);
    insert(mapping.entries, entry);
  }
  return mapping;
}

function insert(entries: MappingEntry[], entry: MappingEntry): void {
  let at = entries.length;
  entries.push(entry);
  for (; at > 0 && comesBefore(entry, entries[at - 1]); at--) entries[at] = entries[at - 1];
  entries[at] = entry;
}

function comesBefore(a: MappingEntry, b: MappingEntry): bool {
  return a.isExact != b.isExact ? a.isExact : !a.isExact && a.pattern.len > b.pattern.len;
}

const ESCAPED_SIZE: usize = 6; // "\u0000" for one byte

function makeModelName(text: string): ModelName {
  return new ModelName(Bytes.of(text), jsonOf(text));
}

/** The text as a JSON string, with its quotes. */
export function jsonOf(text: string): Bytes {
  const plain = Bytes.of(text);
  const capacity = plain.len * ESCAPED_SIZE + 2;
  const buffer = heap.alloc(capacity);
  const writer = new Writer().into(buffer, capacity);
  writer.jsonString(plain.ptr, plain.len);
  const json = Bytes.copy(buffer, writer.len);
  heap.free(buffer);
  return json;
}
