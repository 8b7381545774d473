/** Durations and sizes as people write them: a number, or a number with its unit. */

/** A day: longer than any call, and far inside the 32 bits that a duration is kept in. */
export const LONGEST: f64 = 86400000;
/** The module is a 32-bit machine with 4 GiB of memory. */
export const LARGEST: f64 = 2147483648;

/** Milliseconds of "250ms", "15s", "1.5m", "2h" or "0"; NaN for anything else. */
export function milliseconds(text: string): f64 {
  if (text == "0") return 0;
  if (text.endsWith("ms")) return amount(text, 2, 1);
  if (text.endsWith("s")) return amount(text, 1, 1000);
  if (text.endsWith("m")) return amount(text, 1, 60000);
  return text.endsWith("h") ? amount(text, 1, 3600000) : NaN;
}

/** Bytes of "512KiB", "8MiB", "1GB" or "100B"; NaN for anything else. */
export function bytes(text: string): f64 {
  if (text.endsWith("KiB")) return amount(text, 3, 1024);
  if (text.endsWith("MiB")) return amount(text, 3, 1048576);
  if (text.endsWith("GiB")) return amount(text, 3, 1073741824);
  if (text.endsWith("KB")) return amount(text, 2, 1e3);
  if (text.endsWith("MB")) return amount(text, 2, 1e6);
  if (text.endsWith("GB")) return amount(text, 2, 1e9);
  return text.endsWith("B") ? amount(text, 1, 1) : NaN;
}

/** The digits, with one dot between them or none, before the unit. */
function amount(text: string, unitLength: i32, unit: f64): f64 {
  const digits = text.length - unitLength;
  let dots = 0;
  for (let i = 0; i < digits; i++) {
    const c = text.charCodeAt(i);
    if (c == 0x2e && i > 0 && i < digits - 1) dots++;
    else if (<u32>(c - 0x30) > 9) return NaN;
  }
  if (digits == 0 || digits > 20 || dots > 1) return NaN;
  return Math.round(parseFloat(text.substring(0, digits)) * unit);
}
