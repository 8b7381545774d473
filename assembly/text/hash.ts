/** FNV-1a, 64 bits: names of models and the like. Not for secrets. */
export function hash64(ptr: usize, len: usize): u64 {
  let h: u64 = 0xcbf29ce484222325;
  for (let i: usize = 0; i < len; i++) h = (h ^ (<u64>load<u8>(ptr + i))) * 0x100000001b3;
  return h;
}
