/** SplitMix64 (Steele, Lea, Flood 2014): numbers by chance, and a finalizer that spreads every bit over all. Not for secrets. */

/** What the state moves by from one number to the next. */
export const GAMMA: u64 = 0x9e3779b97f4a7c15;

/** The number that follows the state `x`; also a hash of `x`. */
export function mix(x: u64): u64 {
  x += GAMMA;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
