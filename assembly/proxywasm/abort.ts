import * as env from "./env";

const CRITICAL = 5;
const line: usize = memory.data(256);
const CAPACITY: usize = 256;

function put(at: usize, char: i32): usize {
  if (at < CAPACITY) store<u8>(line + at, <u8>char);
  return at + 1;
}

function putText(at: usize, text: string): usize {
  for (let i = 0, k = text.length; i < k; i++) at = put(at, text.charCodeAt(i) & 0x7f);
  return at;
}

function putNumber(at: usize, value: u32): usize {
  if (value > 9) at = putNumber(at, value / 10);
  return put(at, 48 + (value % 10));
}

/** Logs where the module gave up; the compiler adds the trap. Allocates nothing: memory may be what is wrong. */
export function onAbort(message: string | null, file: string | null, row: u32, column: u32): void {
  let at = putText(0, "ai-failover: trap: ");
  if (message !== null) at = putText(at, message);
  at = put(putText(at, " at "), 32);
  if (file !== null) at = putText(at, file);
  at = putNumber(put(at, 58), row);
  at = putNumber(put(at, 58), column);
  env.proxy_log(CRITICAL, line, min(at, CAPACITY));
}
