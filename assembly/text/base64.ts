/** Base64 (RFC 4648), as credentials of HTTP are written. */

/** Decodes into `out`, which has room for three bytes of every four. Answers how many came; what is no base64 ends it. */
export function decodeBase64(ptr: usize, len: usize, out: usize): usize {
  let bits: u32 = 0;
  let count = 0;
  let at = out;
  for (let i: usize = 0; i < len; i++) {
    const value = valueOf(load<u8>(ptr + i));
    if (value < 0) break;
    bits = (bits << 6) | (<u32>value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    store<u8>(at++, <u8>(bits >> count));
  }
  return at - out;
}

function valueOf(c: i32): i32 {
  if (<u32>(c - 0x41) < 26) return c - 0x41;
  if (<u32>(c - 0x61) < 26) return c - 0x61 + 26;
  if (<u32>(c - 0x30) < 10) return c - 0x30 + 52;
  if (c == 0x2b || c == 0x2d) return 62;
  return c == 0x2f || c == 0x5f ? 63 : -1;
}
