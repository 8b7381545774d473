/** FNV-1a, 64 bits: names of models and the like. Not for secrets. */
export function hash64(ptr: usize, len: usize): u64 {
  let h: u64 = 0xcbf29ce484222325;
  for (let i: usize = 0; i < len; i++) h = (h ^ (<u64>load<u8>(ptr + i))) * 0x100000001b3;
  return h;
}

/** Spreads every bit over all (the finalizer of SplitMix64). */
export function mix(x: u64): u64 {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
