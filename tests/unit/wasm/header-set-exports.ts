import { HeaderSet } from "../../../assembly/http/header-set";

const names = ["te", "cookie", "api-key", "upgrade", "x-api-key", "authorization"];
const starts = ["x-envoy-", "x-forwarded-", "proxy-"];
const table = new HeaderSet(names, starts);

export function alloc(size: usize): usize {
  return heap.alloc(size);
}

export function find(name: usize, len: usize): i32 {
  return table.find(name, len);
}

export function has(name: usize, len: usize): bool {
  return table.has(name, len);
}
