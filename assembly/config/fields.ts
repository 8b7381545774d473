/** Reads the fields of one object by name and type, and knows afterwards which of them nobody asked for. */
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { expand } from "./environment";
import { addMistake, addWarning } from "./mistakes";
import { hint, nearest } from "./nearest";
import { LARGEST, LONGEST, bytes, milliseconds } from "./quantities";

/** Fields below lists of secrets that are none themselves. */
const OPEN: string[] = ["name", "weight", "priority", "valueFile"];

/** Whether the value is, or was perhaps meant to be, a secret. */
export function isSecret(value: Value): bool {
  if (value.name == "password") return true;
  if (value.isBelow("fleet")) return value.name == "url" || value.name == "secret";
  return (value.isBelow("apiTokens") || value.isBelow("clientKeys")) && !OPEN.includes(value.name);
}

/** A value as an error shows it: short, on one line, and never a secret. */
export function show(value: Value): string {
  if (value.kind == Kind.Null) return "nothing";
  if (value.kind == Kind.Array) return `a list of ${value.items.length}`;
  if (value.kind == Kind.Object) return "an object";
  if (isSecret(value)) return value.text == "" ? "an empty text" : "a value that is not shown";
  return value.kind == Kind.String ? quote(value.text) : value.text.slice(0, 60);
}

export function quote(text: string): string {
  return text.length > 60 ? `"${text.substring(0, 60)}..."` : `"${text}"`;
}

/** The text of a string with its variables put in; null after a complaint. */
export function textOf(value: Value): string | null {
  if (value.kind != Kind.String) {
    addMistake(value.path, show(value), "text");
    return null;
  }
  const expanded = expand(value.text);
  if (expanded.found == "") return expanded.text;
  addMistake(value.path, expanded.found, expanded.allowed);
  return null;
}

/** An integer of JSON; NaN for anything else. */
export function wholeOf(value: Value): f64 {
  if (value.kind != Kind.Number) return NaN;
  const number = parseFloat(value.text);
  return Math.floor(number) == number && Math.abs(number) < 9e15 ? number : NaN;
}

export class Fields {
  private names: string[] = [];

  constructor(readonly value: Value) {
    if (value.kind != Kind.Object) addMistake(value.path, show(value), "an object with fields");
  }

  /** The member of this name; null when it is not there, or null. */
  take(name: string): Value | null {
    if (!this.names.includes(name)) this.names.push(name);
    const member = this.value.get(name);
    if (member === null) return null;
    member.isKnown = true;
    return member.kind == Kind.Null ? null : member;
  }

  has(name: string): bool {
    const member = this.value.get(name);
    return member !== null && member.kind != Kind.Null;
  }

  pathOf(name: string): string {
    return this.value.pathTo(name);
  }

  text(name: string, whenAbsent: string): string {
    const member = this.take(name);
    if (member === null) return whenAbsent;
    const text = textOf(member);
    return text === null ? whenAbsent : text;
  }

  flag(name: string, whenAbsent: bool): bool {
    const member = this.take(name);
    if (member === null) return whenAbsent;
    if (member.kind == Kind.True || member.kind == Kind.False) return member.kind == Kind.True;
    addMistake(member.path, show(member), "true or false");
    return whenAbsent;
  }

  whole(name: string, whenAbsent: i32, least: i32, most: i32): i32 {
    const member = this.take(name);
    if (member === null) return whenAbsent;
    const number = wholeOf(member);
    if (number >= <f64>least && number <= <f64>most) return <i32>number;
    addMistake(member.path, show(member), `a whole number from ${least} to ${most}`);
    return whenAbsent;
  }

  /** Milliseconds, from `least` to a day. */
  duration(name: string, whenAbsent: i32, least: i32): i32 {
    const member = this.take(name);
    if (member === null) return whenAbsent;
    const number = member.kind == Kind.String ? milliseconds(member.text) : wholeOf(member);
    if (number >= <f64>least && number <= LONGEST) return <i32>number;
    const above = least > 0 ? " above 0" : "";
    addMistake(member.path, show(member), `a duration${above}: milliseconds, or "250ms", "15s", "10m", at most "24h"`);
    return whenAbsent;
  }

  /** Bytes, from 1 to 2 GiB. */
  size(name: string, whenAbsent: usize): usize {
    const member = this.take(name);
    if (member === null) return whenAbsent;
    const number = member.kind == Kind.String ? bytes(member.text) : wholeOf(member);
    if (number >= 1 && number <= LARGEST) return <usize>number;
    addMistake(member.path, show(member), 'a size above 0: bytes, or "512KiB", "8MiB", at most "2GiB"');
    return whenAbsent;
  }

  /** Which of `options` it is. */
  choice(name: string, options: string[], whenAbsent: i32): i32 {
    const member = this.take(name);
    if (member === null) return whenAbsent;
    const at = member.kind == Kind.String ? options.indexOf(member.text) : -1;
    if (at >= 0) return at;
    addMistake(member.path, show(member), options.join(", ") + hint(member.text, options));
    return whenAbsent;
  }

  list(name: string): Value[] {
    const member = this.take(name);
    if (member === null) return [];
    if (member.kind == Kind.Array) return member.items;
    addMistake(member.path, show(member), "a list");
    return [];
  }

  /** The object of this name, empty when it is not there. */
  object(name: string): Fields {
    const member = this.take(name);
    if (member !== null) return new Fields(member);
    const empty = new Value(Kind.Object);
    empty.parent = this.value;
    empty.name = name;
    return new Fields(empty);
  }

  /** Refuses every field that was not asked for; null says nothing, and the console writes many. */
  finish(): void {
    for (let i = 0; i < this.value.items.length; i++) {
      const item = this.value.items[i];
      if (!item.isKnown && item.kind != Kind.Null) this.refuse(item);
    }
  }

  /** Warns of every field that was not asked for, unless it looks like a slip of one that was. */
  tolerate(why: string): void {
    for (let i = 0; i < this.value.items.length; i++) {
      const item = this.value.items[i];
      if (item.isKnown) continue;
      if (nearest(item.name, this.names) != "") this.refuse(item);
      else addWarning(item.path, why);
    }
  }

  private refuse(item: Value): void {
    if (this.value.kind != Kind.Object) return;
    // What stands where a token is due may be one, even as a name.
    const path = isSecret(this.value) ? this.value.path : item.path;
    const near = nearest(item.name, this.names);
    addMistake(path, "an unknown field", near != "" ? `did you mean ${near}?` : this.names.join(", "));
  }
}
