import * as quantities from "../../assembly/config/quantities.js";

/** Milliseconds of `15s`, `1.5m` or a number; NaN for anything else, so that no comparison with it holds. */
export const milliseconds = (value: unknown): number =>
  typeof value === "number" ? value : quantities.milliseconds(String(value));

/** Bytes of `8MiB` or a number; NaN for anything else. */
export const bytes = (value: unknown): number => (typeof value === "number" ? value : quantities.bytes(String(value)));
