import type { Environment } from "./expand.js";
import type { Path } from "./problem.js";

/**
 * A part of the configuration that may still be misshapen: the checks by meaning also run on a file that the schema
 * refused, so that all mistakes are shown at once.
 */
export type Raw = Record<string, unknown>;

/** What a check by meaning has at hand. */
export interface Check {
  env: Environment;
  /** What relative file names are relative to. */
  directory: string;
  report(path: Path, found: string, fix: string): void;
}

export const isRaw = (value: unknown): value is Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The field as an object; an empty one when it is none. */
export const object = (value: unknown): Raw => (isRaw(value) ? value : {});

/** The field as text; "" when it is none. */
export const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The members of a list, with their positions; none when it is no list. */
export const members = (value: unknown): [number, unknown][] => (Array.isArray(value) ? [...value.entries()] : []);

/** The members that are objects. */
export const objects = (value: unknown): [number, Raw][] =>
  members(value).filter((member): member is [number, Raw] => isRaw(member[1]));
