/**
 * A message as words, for the failure table:
 *
 *     Error: Incorrect API key 'sk-1' provided. Don't ...   ->   " error : incorrect api key \x01 provided . dont ... "
 *
 * Lower case, single blanks, "." at the end of a sentence, ":" for a colon, \x01 for what is quoted, \x02 for the name of the model that was
 * asked for: both may be the client's own words.
 */
import { Char, isDigit, isLetter, lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";

/** Stand among words for quoted text, and for the model that was asked for. */
export const QUOTED: i32 = 1;
export const ASKED_MODEL: i32 = 2;

/** Offset of the model's name where it stands alone; -1: nowhere. */
export function placeOfModel(ptr: usize, len: usize, model: usize, modelLen: usize): isize {
  if (modelLen == 0) return -1;
  for (let i: usize = 0; i + modelLen <= len; i++) if (isModelAt(ptr + i, ptr, ptr + len, model, modelLen)) return i;
  return -1;
}

function isModelAt(p: usize, start: usize, end: usize, model: usize, modelLen: usize): bool {
  if (modelLen == 0 || p + modelLen > end) return false;
  if (lowerCase(load<u8>(p)) != lowerCase(load<u8>(model))) return false;
  for (let i: usize = 1; i < modelLen; i++)
    if (lowerCase(load<u8>(p + i)) != lowerCase(load<u8>(model + i))) return false;
  if (p > start && isOfName(load<u8>(p - 1))) return false;
  p += modelLen;
  if (p >= end) return true;
  const c = <i32>load<u8>(p);
  // The end of a sentence, or "qwen:7b" where "qwen" was asked for.
  if (c == Char.Dot || c == Char.Colon) return p + 1 >= end || !isOfName(load<u8>(p + 1));
  return !isOfName(c);
}

function isOfName(c: i32): bool {
  return isLetter(c) || isDigit(c) || c == Char.Minus || c == 0x5f;
}

/** What opens a quoted text, and what closes it. Pairs of UTF-8 bytes: "" '' `` and the typographic ones. */
class Quotes {
  readonly open: Bytes;
  readonly close: Bytes;
  constructor(open: string, close: string) {
    this.open = Bytes.of(open);
    this.close = Bytes.of(close);
  }
}
const QUOTES: Quotes[] = [
  new Quotes('"', '"'),
  new Quotes("'", "'"),
  new Quotes("`", "`"),
  new Quotes("\u201c", "\u201d"),
  new Quotes("\u300c", "\u300d"),
];
const MOST_QUOTED: usize = 200;

/** The end of the quoted text that begins at p; 0: none begins there. */
function quotedEnd(p: usize, start: usize, end: usize): usize {
  const c = <i32>load<u8>(p);
  if (c != Char.Quote && c != Char.Apostrophe && c != 0x60 && c < 0x80) return 0;
  for (let i = 0, k = QUOTES.length; i < k; i++) {
    const quotes = unchecked(QUOTES[i]);
    if (!quotes.open.startsWith(p, min(quotes.open.len, end - p))) continue;
    if (c == Char.Apostrophe && p > start && isOfName(load<u8>(p - 1))) return 0; // don't
    const inside = p + quotes.open.len;
    const most = min(end, inside + MOST_QUOTED);
    for (let at = inside; at + quotes.close.len <= most; at++) {
      if (memory.compare(at, quotes.close.ptr, quotes.close.len) != 0) continue;
      const behind = at + quotes.close.len;
      if (c == Char.Apostrophe && behind < end && isOfName(load<u8>(behind))) continue;
      return behind;
    }
    return 0;
  }
  return 0;
}

const RIGHT_APOSTROPHE = Bytes.of("\u2019");

/** Punctuation of languages without blanks, and what it counts as. */
class Punctuation {
  readonly text: Bytes;
  constructor(
    text: string,
    readonly means: Char,
  ) {
    this.text = Bytes.of(text);
  }
}
const PUNCTUATION: Punctuation[] = [
  new Punctuation("\u3002", Char.Dot), // full stop
  new Punctuation("\uff01", Char.Dot),
  new Punctuation("\uff1f", Char.Dot),
  new Punctuation("\uff1a", Char.Colon),
  new Punctuation("\uff0c", Char.Space),
  new Punctuation("\u3001", Char.Space),
  new Punctuation("\uff1b", Char.Space),
  new Punctuation("\uff08", Char.Space),
  new Punctuation("\uff09", Char.Space),
  new Punctuation("\u3010", Char.Space),
  new Punctuation("\u3011", Char.Space),
];

/** -1: none begins at p. */
function punctuationAt(p: usize, end: usize): i32 {
  for (let i = 0, k = PUNCTUATION.length; i < k; i++) {
    const text = unchecked(PUNCTUATION[i]).text;
    if (p + text.len <= end && memory.compare(p, text.ptr, text.len) == 0) return i;
  }
  return -1;
}

/** Languages without blanks: from U+3000 on. Between them and Latin words a blank may stand or not. */
function isWide(c: i32): bool {
  return c >= 0xe3;
}

/** Needs room for three times `len` and four bytes. */
export function writeWords(ptr: usize, len: usize, model: usize, modelLen: usize, out: usize): usize {
  const start = out;
  const end = ptr + len;
  let p = ptr;
  store<u8>(out++, Char.Space);
  while (p < end) {
    const c = <i32>load<u8>(p);
    let behind: usize = modelLen > 0 && isModelAt(p, ptr, end, model, modelLen) ? p + modelLen : 0;
    let word = ASKED_MODEL;
    if (behind == 0) {
      behind = quotedEnd(p, ptr, end);
      if (behind != 0 && placeOfModel(p, behind - p, model, modelLen) < 0) word = QUOTED;
    }
    if (behind != 0) {
      out = writeWord(out, word);
      p = behind;
    } else if (c == Char.Apostrophe) p++;
    else if (RIGHT_APOSTROPHE.startsWith(p, min(end - p, RIGHT_APOSTROPHE.len))) p += RIGHT_APOSTROPHE.len;
    else if (isWide(c)) {
      const punctuation = punctuationAt(p, end);
      if (punctuation >= 0) {
        const mark = unchecked(PUNCTUATION[punctuation]);
        out = mark.means == Char.Space ? writeBlank(out) : writeWord(out, mark.means);
        p += mark.text.len;
      } else {
        if (load<u8>(out - 1) < 0x80) out = writeBlank(out);
        store<u8>(out++, <u8>c);
        p++;
      }
    } else if (c >= 0x80 || isLetter(c) || isDigit(c) || c == 0x5f) {
      if (c < 0x80 && isWideBefore(p, ptr)) out = writeBlank(out);
      store<u8>(out++, lowerCase(c));
      p++;
    } else {
      p++;
      const isColon = c == Char.Colon && !(p < end && isDigit(load<u8>(p)));
      const endsSentence = (c == Char.Dot || c == 0x21 || c == 0x3f) && (p >= end || <i32>load<u8>(p) <= Char.Space);
      if (endsSentence) out = writeWord(out, Char.Dot);
      else if (isColon) out = writeWord(out, Char.Colon);
      else out = writeBlank(out);
    }
  }
  return writeBlank(out) - start;
}

/** Whether the character that ends before p is one of those languages. */
function isWideBefore(p: usize, start: usize): bool {
  while (p > start && (load<u8>(p - 1) & 0xc0) == 0x80) p--;
  return p > start && isWide(load<u8>(p - 1));
}

function writeBlank(out: usize): usize {
  if (load<u8>(out - 1) != Char.Space) store<u8>(out++, Char.Space);
  return out;
}

/** One character that is a word by itself. */
function writeWord(out: usize, c: i32): usize {
  out = writeBlank(out);
  store<u8>(out++, <u8>c);
  return writeBlank(out);
}
