/** The inside of a JSON string, decoded. All take what lies between the quotes of a string that the lexer accepted. */
import { Char, lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { encode } from "../text/utf8";

/** Decodes to UTF-8, a lone surrogate to U+FFFD. `out` needs room for `len` bytes; returns how many were written. */
export function unescape(ptr: usize, len: usize, out: usize): usize {
  const end = ptr + len;
  const start = out;
  while (ptr < end) {
    if (load<u8>(ptr) == Char.Backslash) {
      ptr = readEscape(ptr, end);
      out += encode(codePoint, out);
    } else store<u8>(out++, load<u8>(ptr++));
  }
  return out - start;
}

const decoded = memory.data(4);

/** Whether the decoded inside is this text. */
export function equalsDecoded(ptr: usize, len: usize, text: Bytes): bool {
  return equalsDecodedBytes(ptr, len, text.ptr, text.len);
}

export function equalsDecodedBytes(ptr: usize, len: usize, text: usize, textLen: usize): bool {
  const end = ptr + len;
  let rest = text;
  const last = rest + textLen;
  while (ptr < end) {
    let n: usize = 1;
    if (load<u8>(ptr) == Char.Backslash) {
      ptr = readEscape(ptr, end);
      n = encode(codePoint, decoded);
    } else store<u8>(decoded, load<u8>(ptr++));
    if (rest + n > last || memory.compare(decoded, rest, n) != 0) return false;
    rest += n;
  }
  return rest == last;
}

const LONG_S = 0x17f;

/** The same without regard to case, as Go compares keys: by simple case folding, in which U+017F is an s. `text` is in lower case. */
export function equalsFolded(ptr: usize, len: usize, text: Bytes): bool {
  const end = ptr + len;
  let i: usize = 0;
  while (ptr < end && i < text.len) {
    let c = <u32>load<u8>(ptr);
    if (c == Char.Backslash) {
      ptr = readEscape(ptr, end);
      c = codePoint;
    } else if (c == 0xc5 && ptr + 1 < end && load<u8>(ptr + 1) == 0xbf) {
      ptr += 2;
      c = LONG_S;
    } else ptr++;
    const folded = c == LONG_S ? 0x73 : c < 0x80 ? lowerCase(c) : -1;
    if (folded != <i32>load<u8>(text.ptr + i++)) return false;
  }
  return ptr == end && i == text.len;
}

let codePoint: u32 = 0;

/** Reads the escape at the backslash into `codePoint`, both halves of a surrogate pair; returns what follows it. */
function readEscape(p: usize, end: usize): usize {
  const c = load<u8>(p + 1);
  if (c != 0x75) {
    codePoint = unescaped(c);
    return p + 2;
  }
  codePoint = readHex4(p + 2);
  p += 6;
  if (codePoint >> 10 == 0xd800 >> 10 && p + 6 <= end && load<u16>(p) == 0x755c) {
    const low = readHex4(p + 2);
    if (low >> 10 == 0xdc00 >> 10) {
      codePoint = 0x10000 + ((codePoint & 0x3ff) << 10) + (low & 0x3ff);
      p += 6;
    }
  }
  return p;
}

function unescaped(c: u32): u32 {
  switch (c) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return c;
  }
}

function readHex4(p: usize): u32 {
  let value: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const c = <i32>load<u8>(p + i);
    value = (value << 4) | (<u32>(c <= Char.Nine ? c - Char.Zero : (c | 0x20) - 0x57));
  }
  return value;
}
