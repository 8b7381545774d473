/** The grammar of RFC 8259 where it needs no memory: what a byte makes of the step before it. */
import { Char, isDigit } from "../text/ascii";

/** What the next byte belongs to. */
export enum Step {
  Value,
  /** Behind '[', behind '{', behind a comma in an object. */
  FirstElement,
  FirstKey,
  NextKey,
  /** The first byte of a watched string value. */
  TextStart,
  Text,
  Escape,
  Hex,
  Colon,
  /** Behind a value. */
  Comma,
  Minus,
  Zero,
  Digits,
  Point,
  Fraction,
  Exponent,
  Sign,
  Power,
  Word,
  /** The document is complete; blanks may follow. */
  End,
  Broken,
}

/** What '-' or a digit begins. */
export function firstOfNumber(c: i32): Step {
  if (c == Char.Zero) return Step.Zero;
  return isDigit(c) ? Step.Digits : Step.Broken;
}

/** Comma: the byte is behind the number. Not from Minus, behind which `firstOfNumber` goes on. */
export function nextInNumber(step: Step, c: i32): Step {
  const digit = isDigit(c);
  switch (step) {
    case Step.Zero:
    case Step.Digits:
      if (digit && step == Step.Digits) return Step.Digits;
      if (c == Char.Dot) return Step.Point;
      return isExponent(c) ? Step.Exponent : Step.Comma;
    case Step.Point:
      return digit ? Step.Fraction : Step.Broken;
    case Step.Fraction:
      if (digit) return Step.Fraction;
      return isExponent(c) ? Step.Exponent : Step.Comma;
    case Step.Exponent:
      if (c == Char.Plus || c == Char.Minus) return Step.Sign;
      return digit ? Step.Power : Step.Broken;
    case Step.Sign:
      return digit ? Step.Power : Step.Broken;
    default:
      return digit ? Step.Power : Step.Comma;
  }
}

/** Whether a number may end here. */
export function endsNumber(step: Step): bool {
  return step == Step.Zero || step == Step.Digits || step == Step.Fraction || step == Step.Power;
}

/** Of the byte behind a backslash. */
export function nextInEscape(c: i32): Step {
  switch (c) {
    case Char.Quote:
    case Char.Backslash:
    case Char.Slash:
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return Step.Text;
    case 0x75: // u
      return Step.Hex;
    default:
      return Step.Broken;
  }
}

export function isExponent(c: i32): bool {
  return (c | 0x20) == 0x65;
}

export function isBlank(c: i32): bool {
  return c == Char.Space || c == Char.LineFeed || c == Char.Return || c == Char.Tab;
}

export function skipBlanks(p: usize, end: usize): usize {
  while (p < end && isBlank(load<u8>(p))) p++;
  return p;
}

export function isHex(c: i32): bool {
  return isDigit(c) || <u32>((c | 0x20) - 0x61) < 6;
}

/** In a string: neither its end, nor an escape, nor forbidden. */
export function isPlain(c: i32): bool {
  return c >= Char.Space && c != Char.Quote && c != Char.Backslash;
}

// Loaded, since V8 makes a constant of the code anew at each use (text/part.ts).
const FLIP = memory.data<u64>([0x0202020202020202, 0x0202020202020202]);
const CONTROLS_END = memory.data<u64>([0x2020202020202020, 0x2020202020202020]);
const BACKSLASH = memory.data<u64>([0x5c5c5c5c5c5c5c5c, 0x5c5c5c5c5c5c5c5c]);

/** Which of 16 bytes of a string are of a kind. Inlined, since calls would take twice the time. */
export class StringPart {
  /** Quotes and controls: with one bit turned a quote lies below the controls' end and a space above it, and nothing else crosses. */
  @inline
  static stops(part: v128): v128 {
    return i8x16.le_u(v128.xor(part, v128.load(FLIP)), v128.load(CONTROLS_END));
  }

  @inline
  static slashes(part: v128): v128 {
    return i8x16.eq(part, v128.load(BACKSLASH));
  }

  /** What is not plain. */
  @inline
  static marks(part: v128): v128 {
    return v128.or(StringPart.stops(part), StringPart.slashes(part));
  }
}

/** To the next byte that is not plain, or the end. */
export function skipPlain(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    for (; p + 16 <= end; p += 16) {
      const marks = i8x16.bitmask(StringPart.marks(v128.load(p)));
      if (marks) return p + <usize>ctz(marks);
    }
  }
  while (p < end && isPlain(load<u8>(p))) p++;
  return p;
}

/** From inside a string to its closing quote; 0: it does not end here. */
export function textEnd(p: usize, end: usize): usize {
  while (true) {
    p = skipPlain(p, end);
    if (p == end) return 0;
    const c = <i32>load<u8>(p);
    if (c == Char.Quote) return p;
    if (c != Char.Backslash || p + 1 == end) return 0;
    const next = nextInEscape(load<u8>(p + 1));
    if (next == Step.Broken) return 0;
    p += 2;
    if (next != Step.Hex) continue;
    for (let i = 0; i < 4; i++, p++) if (p == end || !isHex(load<u8>(p))) return 0;
  }
}
