import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { startRoom } from "./compile-room.js";

/** As in wasm/name-table.ts. */
const NAMES = ["te", "cookie", "api-key", "upgrade", "x-api-key", "authorization"];
const STARTS = ["x-envoy-", "x-forwarded-", "proxy-"];

interface Exports {
  memory: WebAssembly.Memory;
  alloc(size: number): number;
  find(name: number, length: number): number;
  has(name: number, length: number): number;
}

let room: Exports;
let place: number;

beforeAll(async () => {
  room = await startRoom<Exports>("header-set");
  place = room.alloc(1024);
});

function put(name: string): [number, number] {
  const bytes = Buffer.from(name);
  new Uint8Array(room.memory.buffer).set(bytes, place);
  return [place, bytes.length];
}

/** Names that are in the table, or nearly. */
const near = fc
  .tuple(fc.constantFrom(...NAMES, ...STARTS), fc.nat(20), fc.string({ maxLength: 80 }))
  .map(([name, keep, rest]) => name.slice(0, keep) + rest);

test("a name is found at its place among the names, and no other name is", () => {
  for (const name of NAMES) expect(room.find(...put(name))).toBe(NAMES.indexOf(name));
  fc.assert(fc.property(near, name => room.find(...put(name)) === NAMES.indexOf(name)));
});

test("a name that begins as a start does is in the table, one that is shorter is not", () => {
  const isIn = (name: string) => NAMES.includes(name) || STARTS.some(start => name.startsWith(start));
  for (const start of STARTS) {
    expect(room.has(...put(start))).toBe(1);
    expect(room.has(...put(`${start}x`))).toBe(1);
    expect(room.has(...put(start.slice(0, -1)))).toBe(0);
  }
  fc.assert(fc.property(near, name => room.has(...put(name)) === Number(isIn(name))));
});
