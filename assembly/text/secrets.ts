/** Stars out secrets in texts that leave the gateway. Lengths stay. */
import { Char, indexOf, isDigit, isLetter } from "./ascii";
import { Bytes } from "./bytes";

/** A shorter text may be any word. */
const LEAST_SECRET: usize = 12;
const STAR: u8 = 0x2a;
/** How tokens of known providers begin. */
const BEGINNINGS: Bytes[] = Bytes.ofAll(["sk-", "Bearer ", "AIza", "gsk_", "xai-", "nvapi-", "hf_", "pplx-"]);

/** This secret, wherever it stands. True: it was there. */
export function starSecret(ptr: usize, len: usize, secret: usize, secretLen: usize): bool {
  if (secretLen < LEAST_SECRET) return false;
  const end = ptr + len;
  let found = false;
  while (true) {
    const at = indexOf(ptr, end - ptr, secret, secretLen);
    if (at < 0) return found;
    memory.fill(ptr + at, STAR, secretLen);
    ptr += at + secretLen;
    found = true;
  }
}

/** How many bytes at the end of a text may be the beginning of this secret: what follows has to be seen before they go on. */
export function secretBegun(ptr: usize, len: usize, secret: usize, secretLen: usize): usize {
  // Most chunks end with a line, and no secret has one.
  if (secretLen < LEAST_SECRET || len == 0 || load<u8>(ptr + len - 1) == Char.LineFeed) return 0;
  const end = ptr + len;
  const first = load<u8>(secret);
  for (let p = end - min(len, secretLen - 1); p < end; p++)
    if (load<u8>(p) == first && memory.compare(p, secret, end - p) == 0) return end - p;
  return 0;
}

/** Whatever looks like a token: an intermediate provider quotes its own token, which we do not know. */
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
