/** The message in an error's body as people are shown it: clients, the log, the trail. */
import { Char, indexOf } from "../text/ascii";
import { sequenceLength } from "../text/utf8";
import { starSecret, starTokens } from "../text/secrets";
import { BRACE, ErrorText } from "./error-text";

const MOST_SHOWN: usize = 500;
const shownRoom: usize = heap.alloc(MOST_SHOWN);

/** A message as the gateway may show it. */
export class ShownMessage {
  ptr: usize = shownRoom;
  len: usize = 0;
}

/** What `messageOf` found; copy it. */
export const shown = new ShownMessage();
const reader = new ErrorText();

/**
 * The message in an error's body, for the client, the log and the trail: the innermost one, on one line, at most 500 bytes, tokens
 * starred. Length 0: there is none.
 */
export function messageOf(body: usize, len: usize, secret: usize, secretLen: usize): void {
  reader.read(body, len, 0, 0, 0);
  shown.len = 0;
  for (let i = 0; i < reader.count; i++) {
    const text = reader.at(i);
    if (text.wordsLen == 0 || text.len == 0) continue;
    // A message that quotes another error is followed by that one's.
    if (shown.len > 0 && !quotesError) continue;
    show(text.ptr, text.len, secret, secretLen);
  }
}

let quotesError = false;

function show(ptr: usize, len: usize, secret: usize, secretLen: usize): void {
  starSecret(ptr, len, secret, secretLen);
  starTokens(ptr, len);
  quotesError = indexOf(ptr, len, BRACE, 1) >= 0;
  const end = ptr + len;
  let n: usize = 0;
  for (let p = ptr; p < end;) {
    const size = sequenceLength(p, end);
    if (n + max(size, 1) > MOST_SHOWN) break;
    const c = <i32>load<u8>(p);
    if (size <= 1) {
      // So is a byte that is no UTF-8: left out, it could join the halves of a token.
      const isBlank = size == 0 || c <= Char.Space || c == 0x7f;
      if (!isBlank || (n > 0 && load<u8>(shownRoom + n - 1) != Char.Space))
        store<u8>(shownRoom + n++, <u8>(isBlank ? Char.Space : c));
    } else {
      memory.copy(shownRoom + n, p, size);
      n += size;
    }
    p += max(size, 1);
  }
  while (n > 0 && load<u8>(shownRoom + n - 1) == Char.Space) n--;
  shown.len = n;
}
