/** Numbers that are the same in every run. */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  return below => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}
