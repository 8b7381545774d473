/**
 * Edits a YAML (or JSON) text and leaves everything that was not edited as its author wrote it: comments, order, quotes,
 * line breaks. An edit replaces the text of one value and nothing around it. Each result is parsed again and compared with
 * what the edit means; where the text cannot be edited in place, the document is written anew by the library, which keeps
 * comments and order and may change white space.
 */
import { isDeepStrictEqual } from "node:util";
import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLSeq,
} from "yaml";
import type { ConfigPath, Edit } from "./console-types.js";

/** How far a nested block stands in. */
const INDENT = 2;

/** The text after the edits, in their order. Throws an Error that names the place of an edit which fits nothing in the text. */
export function editText(text: string, edits: readonly Edit[]): string {
  return edits.reduce((current, edit) => applyEdit(current, edit), text);
}

function applyEdit(text: string, edit: Edit): string {
  const document = parse(text);
  const wanted = document.clone();
  changeDocument(wanted, edit);
  const meant: unknown = wanted.toJS();
  const spliced = splice(text, document, edit);
  if (spliced !== undefined && meansThis(spliced, meant)) return spliced;
  return wanted.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function parse(text: string): Document {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) throw new Error("The file is not valid YAML: mend it by hand first.");
  return document;
}

function meansThis(text: string, meant: unknown): boolean {
  const document = parseDocument(text, { prettyErrors: false });
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), meant);
}

/** What the edit means, whatever the text looks like. */
function changeDocument(document: Document, edit: Edit): void {
  switch (edit.op) {
    case "set":
      document.setIn(edit.path, document.createNode(edit.value));
      return;
    case "delete":
      if (!document.hasIn(edit.path)) throw missing(edit.path);
      document.deleteIn(edit.path);
      return;
    case "insert": {
      const list = listAt(document, edit.path);
      list.items.splice(Math.min(edit.index, list.items.length), 0, document.createNode(edit.value));
      return;
    }
    case "move": {
      const list = listAt(document, edit.path);
      const [item] = list.items.splice(edit.from, 1);
      if (item === undefined) throw missing([...edit.path, edit.from]);
      list.items.splice(edit.to, 0, item);
    }
  }
}

/** The list there, made where nothing stands yet. */
function listAt(document: Document, path: ConfigPath): { items: unknown[] } {
  if (!document.hasIn(path)) document.setIn(path, document.createNode([]));
  const list = document.getIn(path, true);
  if (!isSeq(list)) throw new Error(`${path.join(".")} is not a list`);
  return list;
}

const missing = (path: ConfigPath): Error => new Error(`there is nothing at ${path.join(".")}`);

// === In the text ===

/** The text with this one edit; undefined where it cannot be made in place. */
function splice(text: string, document: Document, edit: Edit): string | undefined {
  switch (edit.op) {
    case "set": {
      const node = nodeAt(document, edit.path);
      if (node !== undefined) return replaceValue(text, node, edit.value);
      return addMember(text, document, edit.path, edit.value);
    }
    case "delete":
      return removeLines(text, document, edit.path);
    case "insert":
      return insertItem(text, document, edit.path, edit.index, edit.value);
    case "move":
      return moveItem(text, document, edit.path, edit.from, edit.to);
  }
}

/** Only what stands on one line is replaced in its place: a scalar, or a flow collection. */
function replaceValue(text: string, node: Node, value: unknown): string | undefined {
  if (!node.range || (isCollection(node) && node.flow !== true)) return undefined;
  const [start, end] = node.range;
  return text.slice(0, start) + inline(value) + text.slice(end);
}

/** One more member at the end of a map that has some. */
function addMember(text: string, document: Document, path: ConfigPath, value: unknown): string | undefined {
  const parent = nodeAt(document, path.slice(0, -1));
  if (!isMap(parent) || parent.items.length === 0) return undefined;
  const last = parent.items.at(-1) as Pair<Node, Node | null>;
  const end = (last.value?.range ?? last.key.range)?.[1];
  const start = last.key.range?.[0];
  if (end === undefined || start === undefined) return undefined;
  const member = `${String(path.at(-1))}: `;
  if (parent.flow) return `${text.slice(0, end)}, ${member}${inline(value)}${text.slice(end)}`;
  const column = columnOf(text, start);
  const at = endOfLine(text, lastContent(text, end));
  return `${text.slice(0, at)}\n${" ".repeat(column)}${member}${inline(value)}${text.slice(at)}`;
}

function insertItem(text: string, document: Document, path: ConfigPath, index: number, value: unknown) {
  const list = nodeAt(document, path);
  if (!isSeq(list) || !list.range) return undefined;
  if (list.flow) {
    if (list.items.length === 0) return undefined;
    const before = list.items[index] as Node | undefined;
    if (before?.range) return `${text.slice(0, before.range[0])}${inline(value)}, ${text.slice(before.range[0])}`;
    const end = (list.items.at(-1) as Node).range?.[1];
    return end === undefined ? undefined : `${text.slice(0, end)}, ${inline(value)}${text.slice(end)}`;
  }
  if (index < list.items.length || list.items.length === 0) return undefined;
  const first = (list.items[0] as Node).range?.[0];
  const end = (list.items.at(-1) as Node).range?.[1];
  if (first === undefined || end === undefined) return undefined;
  const dash = text.lastIndexOf("-", first);
  const column = columnOf(text, dash);
  const at = endOfLine(text, lastContent(text, end));
  return `${text.slice(0, at)}\n${blockItem(value, column)}${text.slice(at)}`;
}

/** The items of a list change places, each with the comment above it; what stands between the places stays. */
function moveItem(text: string, document: Document, path: ConfigPath, from: number, to: number): string | undefined {
  const list = nodeAt(document, path);
  if (!isSeq(list)) return undefined;
  const places = placesOf(text, list);
  const [moved] = places.splice(from, 1);
  if (moved === undefined || to > places.length) return undefined;
  const ordered = [...places.slice(0, to), moved, ...places.slice(to)];
  const inText = [...ordered].sort((a, b) => a.start - b.start);
  if (inText.some(({ start, end }, i) => start > end || (inText[i + 1]?.start ?? text.length) < end)) return undefined;
  return inText.reduceRight(
    (result, { start, end }, i) =>
      result.slice(0, start) + text.slice(ordered[i]!.start, ordered[i]!.end) + result.slice(end),
    text,
  );
}

/** Where each item stands: of a flow list its own text, of a block list its lines and the comment right above them. */
function placesOf(text: string, list: YAMLSeq): { start: number; end: number }[] {
  return list.items.flatMap(item => {
    const { range } = item as Node;
    if (!range) return [];
    if (list.flow) return [{ start: range[0], end: range[1] }];
    let start = text.lastIndexOf("\n", text.lastIndexOf("-", range[0])) + 1;
    while (start > 0 && /^\s*#/.test(lineBefore(text, start))) start = text.lastIndexOf("\n", start - 2) + 1;
    return [{ start, end: endOfLine(text, lastContent(text, range[1])) }];
  });
}

const lineBefore = (text: string, at: number): string => text.slice(text.lastIndexOf("\n", at - 2) + 1, at);

/** A member or an item that has whole lines for itself. */
function removeLines(text: string, document: Document, path: ConfigPath): string | undefined {
  const parent = nodeAt(document, path.slice(0, -1));
  const node = nodeAt(document, path);
  if (!isCollection(parent) || parent.items.length < 2 || !node?.range) return undefined;
  if (parent.flow) return isSeq(parent) ? removeFlowItem(text, parent, node) : undefined;
  const key = isMap(parent)
    ? (parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))?.key as Node)
    : undefined;
  const from = key?.range?.[0] ?? text.lastIndexOf("-", node.range[0]);
  const start = text.lastIndexOf("\n", from) + 1;
  if (text.slice(start, from).trim() !== "") return undefined;
  const end = Math.min(endOfLine(text, lastContent(text, node.range[1])) + 1, text.length);
  return text.slice(0, start) + text.slice(end);
}

/** With the comma that stood before it, or behind the first one. */
function removeFlowItem(text: string, list: YAMLSeq, node: Node): string | undefined {
  const at = list.items.indexOf(node);
  const range = (i: number) => (list.items[i] as Node).range!;
  if (at === 0) return text.slice(0, range(0)[0]) + text.slice(range(1)[0]);
  return text.slice(0, range(at - 1)[1]) + text.slice(range(at)[1]);
}

function nodeAt(document: Document, path: ConfigPath): Node | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return (node as Node | null | undefined) ?? undefined;
}

/** A value on one line, as JSON that reads like YAML: keys without quotes where they need none. */
export function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value).map(([key, item]) => `${word(key)}: ${inline(item)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return typeof value === "string" ? word(value) : JSON.stringify(value);
}

/** A text that YAML cannot take for anything else needs no quotes. */
function word(text: string): string {
  const isName = /^[A-Za-z][A-Za-z0-9_./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  const isQuantity = /^\d+(ms|s|m|h|KiB|MiB)$/.test(text);
  return isName || isQuantity ? text : JSON.stringify(text);
}

function blockItem(value: unknown, column: number): string {
  const margin = " ".repeat(column);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return `${margin}- ${inline(value)}`;
  return Object.entries(value)
    .map(([key, item], i) => `${margin}${i === 0 ? "- " : " ".repeat(INDENT)}${word(key)}: ${inline(item)}`)
    .join("\n");
}

const columnOf = (text: string, at: number): number => at - (text.lastIndexOf("\n", at - 1) + 1);

/** The place behind the last character before `at` that is no white space: a block's range ends behind its line. */
function lastContent(text: string, at: number): number {
  while (at > 0 && /\s/.test(text[at - 1]!)) at--;
  return at;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}
