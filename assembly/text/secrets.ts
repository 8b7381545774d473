/** Stars out secrets in texts that leave the gateway. Lengths stay. */
import { Char, indexOf, isDigit, isLetter } from "./ascii";
import { Bytes } from "./bytes";

/** A shorter text may be any word. */
const LEAST_SECRET: usize = 12;
const STAR: u8 = 0x2a;
/** How tokens of known providers begin. */
const BEGINNINGS: Bytes[] = ["sk-", "Bearer ", "AIza", "gsk_", "xai-", "nvapi-", "hf_", "pplx-"].map<Bytes>(
  (text: string) => Bytes.of(text),
);

/** This secret, wherever it stands. */
export function starSecret(ptr: usize, len: usize, secret: usize, secretLen: usize): void {
  if (secretLen < LEAST_SECRET) return;
  const end = ptr + len;
  while (true) {
    const at = indexOf(ptr, end - ptr, secret, secretLen);
    if (at < 0) return;
    memory.fill(ptr + at, STAR, secretLen);
    ptr += at + secretLen;
  }
}

/** Whatever looks like a token: a relay quotes its own, which we do not know. */
export function starTokens(ptr: usize, len: usize): void {
  const end = ptr + len;
  for (let i = 0, k = BEGINNINGS.length; i < k; i++) {
    const beginning = unchecked(BEGINNINGS[i]);
    let p = ptr;
    while (true) {
      const at = indexOf(p, end - p, beginning.ptr, beginning.len);
      if (at < 0) break;
      const start = p + at + beginning.len;
      p = start;
      while (p < end && isOfToken(load<u8>(p))) p++;
      if (p - start >= LEAST_SECRET) memory.fill(start, STAR, p - start);
    }
  }
}

function isOfToken(c: i32): bool {
  return isLetter(c) || isDigit(c) || c == Char.Minus || c == 0x5f || c == Char.Dot || c == STAR;
}
