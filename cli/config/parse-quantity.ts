const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES: Record<string, number> = {
  ...{ B: 1, KB: 1e3, MB: 1e6, GB: 1e9 },
  ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
};

/** A day: longer than any call, and far inside the 32 bits that the module keeps a duration in. */
export const LONGEST = 24 * 3_600_000;

/** Milliseconds of `15s`, `1.5m` or a number; NaN for anything else, so that no comparison with it holds. */
export function milliseconds(value: unknown): number {
  return convert(value, MILLISECONDS);
}

/** Bytes of `8MiB` or a number; NaN for anything else. */
export function bytes(value: unknown): number {
  return convert(value, BYTES);
}

function convert(value: unknown, units: Record<string, number>): number {
  if (typeof value === "number") return value;
  if (value === "0") return 0;
  const [, amount, unit] = /^([0-9.]+)([A-Za-z]+)$/.exec(String(value)) ?? [];
  return Math.round(Number(amount) * (units[unit ?? ""] ?? NaN));
}
