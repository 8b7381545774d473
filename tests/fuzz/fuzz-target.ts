/** What `npm run fuzz` and its part of `npm test` feed: a parser of bytes from outside. */
import { randomFrom, type Random } from "./random.js";

export interface Target<Input = unknown> {
  name: string;
  /** Inputs of it for each of the run's: what costs a hundred times more gets fewer. */
  share: number;
  /** The same for the same numbers, so that an input is found again by its place. */
  generate(random: Random): Input;
  /** Compiles it, which takes seconds. */
  start(): Promise<Parser<Input>>;
}

export interface Parser<Input = unknown> {
  /** Throws where it traps, or where its result cannot be. */
  run(input: Input): void;
  /** Bytes of its memory. */
  readonly memory: number;
}

/** What a target with any kind of inputs is kept as. */
export function target<Input>(of: Target<Input>): Target {
  return of as Target;
}

export class FuzzFailure extends Error {
  constructor(
    readonly target: string,
    readonly seed: number,
    readonly place: number,
    input: unknown,
    cause: unknown,
  ) {
    super(`${target}, seed ${seed}, input ${place}: ${String(cause)}\n${JSON.stringify(input).slice(0, 4000)}`);
  }
}

/** The input at one place of a run: each has numbers of its own, so that it can be made without those before it. */
export const inputAt = (target: Target, seed: number, place: number): unknown =>
  target.generate(randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b)));

export interface Fed {
  inputs: number;
  /** Bytes of memory after a fifth of the inputs, and at the end. */
  memory: [number, number];
}

/** What one input may leave, in bytes a hundred inputs; a parser that keeps more grows for ever. */
const GROWTH = 100;
/** Memory comes in pages, and the longest input may come late. */
const SLACK = 1 << 20;

/** Feeds a target, and throws a FuzzFailure at the first trap, wrong result, or growth. `told` hears each place before it is run. */
export async function feed(target: Target, seed: number, inputs: number, told?: (place: number) => void): Promise<Fed> {
  const parser = await target.start();
  const settled = Math.ceil(inputs / 5);
  let before = 0;
  for (let place = 0; place < inputs; place++) {
    told?.(place);
    const input = inputAt(target, seed, place);
    try {
      parser.run(input);
    } catch (error) {
      throw new FuzzFailure(target.name, seed, place, input, error);
    }
    if (place === settled - 1) before = parser.memory;
  }
  const after = parser.memory;
  const allowed = SLACK + (inputs - settled) / GROWTH;
  if (after - before > allowed)
    throw new FuzzFailure(target.name, seed, inputs, null, `its memory grew from ${before} to ${after} bytes`);
  return { inputs, memory: [before, after] };
}
