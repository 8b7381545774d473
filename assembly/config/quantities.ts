/**
 * Durations and sizes as people write them: a number, or a number with its unit. This file imports nothing and both compilers
 * take it: the command line tool reads the same units.
 */

/** A day: longer than any call, and far inside the 32 bits that a duration is kept in. */
export const LONGEST: number = 86400000;
/** The module is a 32-bit machine with 4 GiB of memory. */
export const LARGEST: number = 2147483648;

/** Milliseconds of "250ms", "15s", "1.5m", "2h" or "0"; NaN for anything else. */
export function milliseconds(text: string): number {
  if (text == "0") return 0;
  if (text.endsWith("ms")) return amount(text, "ms", 1);
  if (text.endsWith("s")) return amount(text, "s", 1000);
  if (text.endsWith("m")) return amount(text, "m", 60000);
  return amount(text, "h", 3600000);
}

/** Bytes of "512KiB", "8MiB", "1GB" or "100B"; NaN for anything else. */
export function bytes(text: string): number {
  if (text.endsWith("KiB")) return amount(text, "KiB", 1024);
  if (text.endsWith("MiB")) return amount(text, "MiB", 1048576);
  if (text.endsWith("GiB")) return amount(text, "GiB", 1073741824);
  if (text.endsWith("KB")) return amount(text, "KB", 1000);
  if (text.endsWith("MB")) return amount(text, "MB", 1000000);
  if (text.endsWith("GB")) return amount(text, "GB", 1000000000);
  return amount(text, "B", 1);
}

/** The digits, with one dot between them or none, before the unit. */
function amount(text: string, unit: string, factor: number): number {
  const digits = text.length - unit.length;
  if (!text.endsWith(unit) || digits == 0 || digits > 20) return NaN;
  let dots = 0;
  for (let i = 0; i < digits; i++) {
    const c = text.charCodeAt(i);
    if (c == 0x2e && i > 0 && i < digits - 1) dots++;
    else if (c < 0x30 || c > 0x39) return NaN;
  }
  return dots > 1 ? NaN : Math.round(parseFloat(text.substring(0, digits)) * factor);
}
