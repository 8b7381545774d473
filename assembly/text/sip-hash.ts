/**
 * SipHash-1-3: a 64-bit hash under a key of 128 bits. Without the key nobody can make two texts collide.
 * https://www.aumasson.jp/siphash/siphash.pdf
 */

let v0: u64 = 0;
let v1: u64 = 0;
let v2: u64 = 0;
let v3: u64 = 0;

function round(): void {
  v0 += v1;
  v2 += v3;
  v1 = rotl<u64>(v1, 13) ^ v0;
  v3 = rotl<u64>(v3, 16) ^ v2;
  v0 = rotl<u64>(v0, 32);
  v2 += v1;
  v0 += v3;
  v1 = rotl<u64>(v1, 17) ^ v2;
  v3 = rotl<u64>(v3, 21) ^ v0;
  v2 = rotl<u64>(v2, 32);
}

function absorb(word: u64): void {
  v3 ^= word;
  round();
  v0 ^= word;
}

/** Of the eight bytes of `domain`, which keep texts of different kinds apart, and the text. */
export function sipHash(key0: u64, key1: u64, domain: u64, ptr: usize, len: usize): u64 {
  v0 = key0 ^ 0x736f6d6570736575;
  v1 = key1 ^ 0x646f72616e646f6d;
  v2 = key0 ^ 0x6c7967656e657261;
  v3 = key1 ^ 0x7465646279746573;
  absorb(domain);
  const whole = len & ~7;
  for (let i: usize = 0; i < whole; i += 8) absorb(load<u64>(ptr + i));
  let last = (<u64>(len + sizeof<u64>())) << 56;
  for (let i = whole; i < len; i++) last |= (<u64>load<u8>(ptr + i)) << ((<u64>(i - whole)) << 3);
  absorb(last);
  v2 ^= 0xff;
  round();
  round();
  round();
  return v0 ^ v1 ^ v2 ^ v3;
}
