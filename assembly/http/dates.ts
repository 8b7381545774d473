/** Dates as headers and messages carry them, read by pattern. */
import { Char, equalsIgnoreCase, isDigit, isLetter, lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";

const enum Field {
  Zero, // of an offset: must be 0
  Day,
  Month,
  Year,
  Hour,
  Minute,
  Second,
  Count,
}
const fields = new StaticArray<i32>(Field.Count);

/** What stands in a pattern, besides the digits, each a digit of that field, and text that stands for itself. */
const enum Mark {
  Letters = 0x41, // A
  MonthName = 0x42, // B
}

/** RFC 9110, section 5.6.7: IMF-fixdate, rfc850-date, asctime-date. The name of the day is not checked. */
const HTTP_DATES: StaticArray<Bytes> = [
  Bytes.of("A, 11 B 3333 44:55:66 GMT"),
  Bytes.of("A, 11-B-33 44:55:66 GMT"),
  Bytes.of("A B 11 44:55:66 3333"),
  Bytes.of("A B  1 44:55:66 3333"),
];
/** RFC 3339 up to its fraction, and what people make of it. Longer ones first where one begins with another. */
const TIMESTAMPS: StaticArray<Bytes> = [
  Bytes.of("3333-22-11T44:55:66"),
  Bytes.of("3333-22-11 44:55:66"),
  Bytes.of("3333-22-11 at 44:55:66"),
  Bytes.of("3333-22-11T44:55"),
  Bytes.of("3333-22-11 44:55"),
  Bytes.of("3333-22-11 at 44:55"),
  Bytes.of("3333/22/11 44:55:66"),
  Bytes.of("3333/22/11 44:55"),
  Bytes.of("3333\u5e7422\u670811\u65e5 44:55:66"),
  Bytes.of("3333\u5e7422\u670811\u65e544:55:66"),
  Bytes.of("3333\u5e7422\u670811\u65e5 44:55"),
  Bytes.of("3333\u5e7422\u670811\u65e544:55"),
  Bytes.of("11 B 3333 44:55:66"),
  Bytes.of("11 B 3333 44:55"),
  Bytes.of("BA 11, 3333 44:55:66"),
  Bytes.of("BA 11, 3333 44:55"),
  Bytes.of("BA 11, 3333 at 44:55"),
  Bytes.of("3333-22-11"),
];
const MONTHS = Bytes.of("janfebmaraprmayjunjulaugsepoctnovdec");

/** Unix seconds; -1 when it is none. A date before 1970 counts as 0. */
export function parseHttpDate(ptr: usize, len: usize): i64 {
  return parseAny(ptr, len, HTTP_DATES);
}

/** The same for RFC 3339, "2026-01-31T12:00:00Z"; a fraction is dropped. Without a zone only with its T: then programs mean UTC. */
export function parseTimestamp(ptr: usize, len: usize): i64 {
  readTimestamp(ptr, ptr + len);
  const isTold = timestamp.hasZone || (len > 10 && load<u8>(ptr + 10) == 0x54);
  return timestamp.end == ptr + len && isTold ? timestamp.seconds : -1;
}

/** A date and time as they stand in a text. */
export class Timestamp {
  /** Unix time, read as UTC where no zone is told; -1: there is none. */
  seconds: i64 = -1;
  hasZone: bool = false;
  /** What follows it. */
  end: usize = 0;
}

/** What `readTimestamp` found. */
export const timestamp = new Timestamp();

/** Reads "2026-01-31T12:00:00.5+08:00", "2026-01-31 12:00:00 UTC" or "2026-01-31 12:00:00" at p. */
export function readTimestamp(p: usize, end: usize): void {
  timestamp.seconds = -1;
  timestamp.hasZone = false;
  timestamp.end = p;
  let seconds: i64 = -1;
  for (let i = 0; i < TIMESTAMPS.length && seconds < 0; i++) {
    const pattern = unchecked(TIMESTAMPS[i]);
    const behind = endOf(p, end, pattern);
    if (behind == 0) continue;
    seconds = secondsOfFields();
    timestamp.end = behind;
  }
  p = timestamp.end;
  if (seconds < 0) return;
  if (p + 1 < end && load<u8>(p) == Char.Dot && isDigit(load<u8>(p + 1))) {
    p++;
    while (p < end && isDigit(load<u8>(p))) p++;
  }
  timestamp.seconds = seconds;
  timestamp.end = p;
  readZone(p, end);
}

function readZone(p: usize, end: usize): void {
  if (p < end && load<u8>(p) == Char.Space) p++;
  if (p >= end) return;
  const c = <i32>load<u8>(p);
  if (lowerCase(c) == 0x7a) return endZone(p + 1, 0); // Z
  if (c == Char.Plus || c == Char.Minus) {
    const hours = twoDigits(p + 1, end);
    const colon: usize = p + 3 < end && load<u8>(p + 3) == Char.Colon ? 1 : 0;
    const minutes = twoDigits(p + 3 + colon, end);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return;
    return endZone(p + 5 + colon, (c == Char.Plus ? 60 : -60) * (hours * 60 + minutes));
  }
  for (let i = 0; i < ZONES.length; i++) {
    const zone = unchecked(ZONES[i]);
    if (p + zone.len <= end && equalsIgnoreCase(p, zone.len, zone)) return endZone(p + zone.len, 0);
  }
}

const ZONES: StaticArray<Bytes> = [Bytes.of("UTC"), Bytes.of("GMT")];

function endZone(end: usize, offset: i64): void {
  timestamp.hasZone = true;
  timestamp.end = end;
  timestamp.seconds = max(timestamp.seconds - offset, 0);
}

/** -1: there are none. */
function twoDigits(p: usize, end: usize): i64 {
  if (p + 2 > end || !isDigit(load<u8>(p)) || !isDigit(load<u8>(p + 1))) return -1;
  return (<i64>load<u8>(p) - Char.Zero) * 10 + (<i64>load<u8>(p + 1) - Char.Zero);
}

function parseAny(ptr: usize, len: usize, patterns: StaticArray<Bytes>): i64 {
  for (let i = 0; i < patterns.length; i++)
    if (endOf(ptr, ptr + len, unchecked(patterns[i])) == ptr + len) return secondsOfFields();
  return -1;
}

/** Fills `fields` from a text that begins with this pattern, and returns what is behind it; 0: it does not. */
function endOf(p: usize, end: usize, pattern: Bytes): usize {
  for (let i = 0; i < Field.Count; i++) unchecked((fields[i] = 0));
  const last = pattern.ptr + pattern.len;
  for (let at = pattern.ptr; at < last; at++) {
    const want = <i32>load<u8>(at);
    const c = p < end ? <i32>load<u8>(p) : -1;
    switch (want) {
      case Mark.Letters:
        while (p < end && isLetter(load<u8>(p))) p++;
        break;
      case Mark.MonthName:
        unchecked((fields[Field.Month] = monthNamed(p, end)));
        if (unchecked(fields[Field.Month]) == 0) return 0;
        p += 3;
        break;
      default:
        if (isDigit(want) ? !isDigit(c) : c != want) return 0;
        if (isDigit(want)) addDigit(want - Char.Zero, c - Char.Zero);
        p++;
    }
  }
  return p <= end ? p : 0;
}

function addDigit(field: i32, digit: i32): void {
  unchecked((fields[field] = fields[field] * 10 + digit));
}

/** 1 to 12, or 0. */
function monthNamed(p: usize, end: usize): i32 {
  if (p + 3 > end) return 0;
  for (let month = 0; month < 12; month++) {
    const name = MONTHS.ptr + <usize>month * 3;
    let i: usize = 0;
    while (i < 3 && lowerCase(load<u8>(p + i)) == load<u8>(name + i)) i++;
    if (i == 3) return month + 1;
  }
  return 0;
}

function secondsOfFields(): i64 {
  const day = unchecked(fields[Field.Day]);
  const month = unchecked(fields[Field.Month]);
  const year = fullYear(unchecked(fields[Field.Year]));
  const hour = unchecked(fields[Field.Hour]);
  const minute = unchecked(fields[Field.Minute]);
  const second = unchecked(fields[Field.Second]);
  if (unchecked(fields[Field.Zero]) != 0 || month < 1 || month > 12 || day < 1 || day > daysIn(month, year)) return -1;
  if (hour > 23 || minute > 59 || second > 60) return -1; // 60: a leap second
  return max(((<i64>daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second, 0);
}

/** RFC 850 has two digits; without a clock the turn is where POSIX puts it, in 1969. */
function fullYear(year: i32): i32 {
  return year >= 100 ? year : year < 69 ? 2000 + year : 1900 + year;
}

function daysIn(month: i32, year: i32): i32 {
  if (month != 2) return 30 + ((month + (month >> 3)) & 1);
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
}

/** In the Gregorian calendar, with years that begin in March, so that the leap day is their last. */
function daysSince1970(year: i32, month: i32, day: i32): i32 {
  const y = month > 2 ? year : year - 1;
  const m = month > 2 ? month - 3 : month + 9;
  return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}
