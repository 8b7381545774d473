/**
 * The wait that a message tells in words: "try again in 7m12s", "retry after 20 seconds", "replenished in 01:23:45", "in an hour",
 * "resets at 2026-12-01T08:00:00Z", "on Dec 1, 2026 08:00 UTC", "请在 20 秒后重试", "您的限额将在 2026-12-01 08:00:00 重置".
 */
import { Char, isDigit, isLetter, lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { readTimestamp, timestamp } from "../http/dates";

class Unit {
  readonly name: Bytes;
  constructor(
    name: string,
    readonly ms: i64,
  ) {
    this.name = Bytes.of(name);
  }
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/** Longer ones first where one begins with another. */
const UNITS: Unit[] = [
  new Unit("milliseconds", 1),
  new Unit("millisecond", 1),
  new Unit("msec", 1),
  new Unit("ms", 1),
  new Unit("seconds", SECOND),
  new Unit("second", SECOND),
  new Unit("secs", SECOND),
  new Unit("sec", SECOND),
  new Unit("s", SECOND),
  new Unit("minutes", MINUTE),
  new Unit("minute", MINUTE),
  new Unit("mins", MINUTE),
  new Unit("min", MINUTE),
  new Unit("m", MINUTE),
  new Unit("hours", HOUR),
  new Unit("hour", HOUR),
  new Unit("hrs", HOUR),
  new Unit("hr", HOUR),
  new Unit("h", HOUR),
  new Unit("days", DAY),
  new Unit("day", DAY),
  new Unit("d", DAY),
  new Unit("weeks", 7 * DAY),
  new Unit("week", 7 * DAY),
  new Unit("毫秒", 1),
  new Unit("秒钟", SECOND),
  new Unit("秒", SECOND),
  new Unit("分钟", MINUTE),
  new Unit("分", MINUTE),
  new Unit("个小时", HOUR),
  new Unit("小时", HOUR),
  new Unit("天", DAY),
];

/** One of them stands before the time, in the same text, not further away than `NEAR`. */
const CUES: Bytes[] = Bytes.ofAll([
  "again",
  "retry",
  "reset",
  "wait",
  "available",
  "regain",
  "until",
  "refresh",
  "recover",
  "renew",
  "expires in",
  "replenish",
  "cooldown",
  "cooling",
  "lifted",
  "冷却",
  "将于",
  "重试",
  "再试",
  "重置",
  "恢复",
  "等待",
  "解除",
  "刷新",
  "稍后",
  "将在",
]);
const NEAR: usize = 48;
/** Or one of them right behind it. */
const FOLLOWERS: Bytes[] = Bytes.ofAll(["后", "之后", "later", "重置", "恢复", "解除", "刷新"]);
const AND = Bytes.of("and ");
/** Before a number without a unit: seconds. */
const AFTER = Bytes.of("after");

/** Ms, the longest of those it tells; -1: none. `unixMs`: the provider's wall clock; 0: not known. */
export function waitInWords(ptr: usize, len: usize, unixMs: i64): i64 {
  const end = ptr + len;
  let longest: i64 = -1;
  let p = ptr;
  while (p < end) {
    if (!mayBegin(p, end) || (p > ptr && isOfWord(load<u8>(p - 1)))) {
      p++;
      continue;
    }
    readTimestamp(p, end);
    if (timestamp.seconds >= 0) {
      const start = p;
      p = timestamp.end;
      if (unixMs > 0 && (hasCue(ptr, start) || isFollowed(p, end)))
        longest = max(longest, max(momentOf(ptr, len) - unixMs, 0));
      continue;
    }
    const start = p;
    const ms = readSpan(p, end, endsWithAfter(ptr, start));
    p = max(durationEnd, start + 1);
    if (ms >= 0 && (hasCue(ptr, start) || isFollowed(p, end))) longest = max(longest, ms);
  }
  return longest;
}

function isOfWord(c: i32): bool {
  return isDigit(c) || isLetter(c) || c == Char.Dot || c == 0x5f;
}

/** Without a zone it is UTC, in a Chinese message Beijing's time. */
function momentOf(ptr: usize, len: usize): i64 {
  const seconds = timestamp.seconds;
  return (timestamp.hasZone || !isChinese(ptr, len) ? seconds : max(seconds - 8 * 3600, 0)) * SECOND;
}

function isChinese(ptr: usize, len: usize): bool {
  for (let i: usize = 0; i < len; i++) if (<u32>load<u8>(ptr + i) - 0xe4 < 6) return true;
  return false;
}

/** A number, the name of a month, or "an hour". */
function mayBegin(p: usize, end: usize): bool {
  const c = load<u8>(p);
  return isDigit(c) || (isLetter(c) && (isOne(p, end) || beginsDate(p, end)));
}

function beginsDate(p: usize, end: usize): bool {
  readTimestamp(p, end);
  return timestamp.seconds >= 0;
}

const ONES: Bytes[] = Bytes.ofAll(["a ", "an ", "one "]);

/** Moves `durationEnd` to the unit. */
function isOne(p: usize, end: usize): bool {
  for (let i = 0, k = ONES.length; i < k; i++) {
    const one = unchecked(ONES[i]);
    if (!startsWith(p, end, one)) continue;
    const unit = unitAt(p + one.len, end);
    durationEnd = p + one.len;
    // "a s" and "a day-old" are none.
    return unit !== null && unit.name.len > 2;
  }
  return false;
}

/** One that stands for all of a text: "30 seconds", "2h 10m", "00:01:30"; ms, -1: it is none. */
export function durationOf(ptr: usize, len: usize): i64 {
  if (len == 0) return -1;
  const ms = readSpan(ptr, ptr + len, false);
  return skipBlank(durationEnd, ptr + len) == ptr + len ? ms : -1;
}

let durationEnd: usize = 0;

/** A duration in any of its forms; -1: there is none. Moves `durationEnd` behind it. */
function readSpan(p: usize, end: usize, mayBeSeconds: bool): i64 {
  if (isLetter(load<u8>(p))) {
    if (!isOne(p, end)) return -1;
    const unit = unitAt(durationEnd, end)!;
    durationEnd += unit.name.len;
    return unit.ms;
  }
  const clock = readClock(p, end);
  return clock >= 0 ? clock : readDuration(p, end, mayBeSeconds);
}

/** "01:23:45", "2.10:45:12" (days first), as .NET writes spans. */
function readClock(p: usize, end: usize): i64 {
  let days: i64 = 0;
  let number = readNumber(p, end);
  if (numberEnd > p && numberEnd < end && load<u8>(numberEnd) == Char.Dot) {
    days = number;
    p = numberEnd + 1;
    number = readNumber(p, end);
  }
  let sum = number;
  for (let i = 0; i < 2; i++) {
    if (numberEnd == p || numberEnd >= end || load<u8>(numberEnd) != Char.Colon) return -1;
    p = numberEnd + 1;
    number = readNumber(p, end);
    if (numberEnd != p + 2 || number > 59) return -1;
    sum = sum * 60 + number;
  }
  durationEnd = numberEnd;
  if (durationEnd < end && (isDigit(load<u8>(durationEnd)) || load<u8>(durationEnd) == Char.Colon)) return -1;
  return days * DAY + sum * SECOND;
}

let numberEnd: usize = 0;

/** At most six digits. */
function readNumber(p: usize, end: usize): i64 {
  let number: i64 = 0;
  numberEnd = p;
  while (numberEnd < end && numberEnd < p + 6 && isDigit(load<u8>(numberEnd)))
    number = number * 10 + (load<u8>(numberEnd++) - Char.Zero);
  return number;
}

/** "7m12s", "1 hour and 5 minutes", "1.5 s"; -1 where no unit follows. */
function readDuration(p: usize, end: usize, mayBeSeconds: bool): i64 {
  let sum: i64 = -1;
  while (p < end && isDigit(load<u8>(p))) {
    let number: f64 = 0;
    while (p < end && isDigit(load<u8>(p))) number = min(number * 10 + (load<u8>(p++) - Char.Zero), 1e12);
    if (p + 1 < end && load<u8>(p) == Char.Dot && isDigit(load<u8>(p + 1))) {
      let place = 0.1;
      p++;
      for (; p < end && isDigit(load<u8>(p)); place /= 10) number += place * (load<u8>(p++) - Char.Zero);
    }
    durationEnd = p;
    const unit = unitAt(skipBlank(p, end), end);
    if (unit === null) {
      const isWhole = sum < 0 && mayBeSeconds && (p >= end || !isOfWord(load<u8>(p)) || load<u8>(p) == Char.Dot);
      return isWhole ? <i64>(number * 1000) : sum;
    }
    sum = max<i64>(sum, 0) + <i64>Math.ceil(number * <f64>unit.ms - 1e-6);
    p = skipBlank(p, end) + unit.name.len;
    durationEnd = p;
    p = skipBlank(p, end);
    if (p < end && load<u8>(p) == Char.Comma) p = skipBlank(p + 1, end);
    if (startsWith(p, end, AND)) p += AND.len;
  }
  return sum;
}

function skipBlank(p: usize, end: usize): usize {
  while (p < end && (load<u8>(p) == Char.Space || load<u8>(p) == Char.Minus)) p++;
  return p;
}

function unitAt(p: usize, end: usize): Unit | null {
  for (let i = 0, k = UNITS.length; i < k; i++) {
    const unit = unchecked(UNITS[i]);
    if (!startsWith(p, end, unit.name)) continue;
    const behind = p + unit.name.len;
    if (isLetter(load<u8>(unit.name.ptr)) && behind < end && isLetter(load<u8>(behind))) continue;
    return unit;
  }
  return null;
}

function startsWith(p: usize, end: usize, text: Bytes): bool {
  if (p + text.len > end) return false;
  for (let i: usize = 0; i < text.len; i++) if (lowerCase(load<u8>(p + i)) != load<u8>(text.ptr + i)) return false;
  return true;
}

function hasCue(start: usize, p: usize): bool {
  let from = p - start > NEAR ? p - NEAR : start;
  for (; from < p; from++)
    for (let i = 0, k = CUES.length; i < k; i++) if (startsWith(from, p, unchecked(CUES[i]))) return true;
  return false;
}

function isFollowed(p: usize, end: usize): bool {
  p = skipBlank(p, end);
  for (let i = 0, k = FOLLOWERS.length; i < k; i++) if (startsWith(p, end, unchecked(FOLLOWERS[i]))) return true;
  return false;
}

/** "retry after 45", "retry_after: 45". */
function endsWithAfter(start: usize, p: usize): bool {
  while (p > start && (load<u8>(p - 1) == Char.Space || load<u8>(p - 1) == Char.Colon)) p--;
  return p - start >= AFTER.len && startsWith(p - AFTER.len, p, AFTER);
}
