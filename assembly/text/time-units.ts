/** Clocks count nanoseconds; the configuration has milliseconds. */
export const NS_PER_MS: u64 = 1_000_000;
export const NS_PER_S: u64 = 1_000_000_000;
