import { beforeAll, describe, expect, test } from "vitest";
import { HealthRoom } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const MASK = (1n << 64n) - 1n;
const rotl = (x: bigint, n: bigint) => ((x << n) | (x >> (64n - n))) & MASK;

/** As the paper has it: one round for each word, three at the end. */
function sipHash13(key0: bigint, key1: bigint, message: Uint8Array): bigint {
  let v0 = key0 ^ 0x736f6d6570736575n;
  let v1 = key1 ^ 0x646f72616e646f6dn;
  let v2 = key0 ^ 0x6c7967656e657261n;
  let v3 = key1 ^ 0x7465646279746573n;
  const round = () => {
    v0 = (v0 + v1) & MASK;
    v1 = rotl(v1, 13n) ^ v0;
    v0 = rotl(v0, 32n);
    v2 = (v2 + v3) & MASK;
    v3 = rotl(v3, 16n) ^ v2;
    v0 = (v0 + v3) & MASK;
    v3 = rotl(v3, 21n) ^ v0;
    v2 = (v2 + v1) & MASK;
    v1 = rotl(v1, 17n) ^ v2;
    v2 = rotl(v2, 32n);
  };
  const words = Math.floor(message.length / 8) + 1;
  const padded = Buffer.alloc(words * 8);
  padded.set(message);
  padded[words * 8 - 1] = message.length & 0xff;
  for (let i = 0; i < words; i++) {
    const word = padded.readBigUInt64LE(i * 8);
    v3 ^= word;
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 3; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

const KEY0 = 0x0706050403020100n;
const KEY1 = 0x0f0e0d0c0b0a0908n;

describe("the keys of names", () => {
  test("are SipHash-1-3, whatever their length", () => {
    expect(sipHash13(KEY0, KEY1, new Uint8Array()).toString(16)).toBe("abac0158050fc4dc");
    for (let length = 0; length < 40; length++) {
      const text = Uint8Array.from({ length }, (_, i) => i * 7 + 1);
      const domain = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]);
      expect(room.sipHash(KEY0, KEY1, 3n, text)).toBe(sipHash13(KEY0, KEY1, Buffer.concat([domain, text])));
    }
  });

  test("are the same in all VMs and after a reload, and others where another Envoy has drawn its seed", () => {
    room.world({});
    const key = (vm: number) => room.wasm.keyOf(vm, false, 5n);
    const [one, two] = [room.worker(), room.worker()];
    const late = room.configure({}, {}).worker();
    expect([key(two.vm), key(late.vm)]).toEqual([key(one.vm), key(one.vm)]);
    const first = key(one.vm);
    const elsewhere = room.world({}, {}).worker();
    expect(key(elsewhere.vm)).not.toBe(first);
  });
});
