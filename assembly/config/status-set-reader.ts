/** Sets of HTTP statuses as configurations write them. */
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { Fields, show, wholeOf } from "./fields";
import { addMistake } from "./mistakes";
import { StatusSet } from "./status-set";

/** 429, "429", "4xx", "5.*", "429|5..", "500-503": always the whole status. null: the list is empty or not there. */
export function readStatuses(fields: Fields, name: string): StatusSet | null {
  const entries = fields.list(name);
  return entries.length == 0 ? null : readAll(entries);
}

/** The same as one status or a list of them. */
export function readStatusesOf(value: Value): StatusSet {
  return readAll(value.kind == Kind.Array ? value.items : [value]);
}

function readAll(entries: Value[]): StatusSet {
  const set = new StatusSet();
  for (let i = 0; i < entries.length; i++)
    if (!addStatuses(set, entries[i]))
      addMistake(entries[i].path, show(entries[i]), 'a status like 429, or a class of them like "5xx" or "5.*"');
  return set;
}

function addStatuses(set: StatusSet, entry: Value): bool {
  const whole = wholeOf(entry);
  if (whole >= 100 && whole < 600) return addMatching(set, (<i32>whole).toString());
  if (entry.kind != Kind.String) return false;
  const alternatives = entry.text.split("|");
  for (let i = 0; i < alternatives.length; i++)
    if (!addRange(set, alternatives[i]) && !addMatching(set, alternatives[i])) return false;
  return true;
}

/** "500-503" */
function addRange(set: StatusSet, pattern: string): bool {
  if (pattern.length != 7 || pattern.charCodeAt(3) != 0x2d) return false;
  const first = statusIn(pattern, 0);
  const last = statusIn(pattern, 4);
  if (first < 100 || last > 599 || first > last) return false;
  for (let status = first; status <= last; status++) set.add(status);
  return true;
}

/** Three digits; -1: there are none. */
function statusIn(text: string, at: i32): i32 {
  let status = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (<u32>digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status;
}

/** Adds what one pattern of three places matches; false when it is none, or matches nothing. */
function addMatching(set: StatusSet, pattern: string): bool {
  let from = pattern.startsWith("^") ? 1 : 0;
  const end = pattern.endsWith("$") ? pattern.length - 1 : pattern.length;
  const digits: i32[] = [];
  while (from < end) {
    const c = pattern.charCodeAt(from++);
    if (c == 0x2e && from < end && pattern.charCodeAt(from) == 0x2a) {
      if (from + 1 != end) return false; // ".*" ends the pattern
      while (digits.length < 3) digits.push(-1);
      break;
    }
    const isClass = c == 0x5c && from < end && pattern.charCodeAt(from) == 0x64; // "\d"
    if (isClass) from++;
    if (isClass || c == 0x2e || (c | 0x20) == 0x78) digits.push(-1);
    else if (<u32>(c - 0x30) <= 9) digits.push(c - 0x30);
    else return false;
  }
  if (digits.length != 3) return false;
  let found = false;
  for (let status = 100; status < 600; status++) {
    const fits =
      isDigit(digits[0], status / 100) && isDigit(digits[1], (status / 10) % 10) && isDigit(digits[2], status % 10);
    if (!fits) continue;
    set.add(status);
    found = true;
  }
  return found;
}

function isDigit(wanted: i32, digit: i32): bool {
  return wanted < 0 || wanted == digit;
}
