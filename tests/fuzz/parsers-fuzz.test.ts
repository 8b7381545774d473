import { expect, it } from "vitest";
import { TARGETS } from "./all-targets.js";
import { feed, FuzzFailure, inputAt, target } from "./fuzz-target.js";

/** A part of `npm run fuzz`, which goes on much longer. */
const INPUTS = Number(process.env["FUZZ_INPUTS"] ?? 1000);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);

it.each(TARGETS)(
  "$name: no damaged input traps, hangs, or leaves memory behind",
  async target => {
    const inputs = Math.ceil(INPUTS * target.share);
    expect(await feed(target, SEED, inputs)).toMatchObject({ inputs });
  },
  600_000,
);

it.each(TARGETS)("$name: an input is the same whenever it is made, and others differ", target => {
  const made = Array.from({ length: 20 }, (_, place) => JSON.stringify(inputAt(target, SEED, place)));
  expect(Array.from({ length: 20 }, (_, place) => JSON.stringify(inputAt(target, SEED, place)))).toEqual(made);
  expect(new Set(made).size).toBeGreaterThan(10);
});

it("a wrong result and a growing memory are told, with the input's place", async () => {
  const parser = (run: (n: number) => void, memory: () => number) =>
    target<number>({
      ...{ name: "own", share: 1, generate: random => random(1000) },
      start: async () => ({
        run,
        get memory() {
          return memory();
        },
      }),
    });
  let runs = 0;
  const failing = parser(
    () => {
      if (++runs === 7) throw new Error("unreachable");
    },
    () => 0,
  );
  await expect(feed(failing, 5, 100)).rejects.toThrow(/own, seed 5, input 6: Error: unreachable/);
  let bytes = 0;
  const growing = parser(
    () => (bytes += 8),
    () => bytes,
  );
  await expect(feed(growing, 5, 1_000_000)).rejects.toBeInstanceOf(FuzzFailure);
});
