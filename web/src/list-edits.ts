/** Edits that turn a list of the file into another one item by item: what was not touched stays as its author wrote it. */
import type { ConfigPath, Edit } from "../../cli/console/console-types.js";

export type Fields = Record<string, unknown>;

export const object = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
export const objects = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(object) : []);
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);

/** An item of the new list. */
export interface Item {
  /** Its place in the old list; absent: it is new. */
  from?: number | undefined;
  value: Fields;
}

export function listEdits(path: ConfigPath, before: unknown, after: readonly Item[]): Edit[] {
  const old = objects(before);
  const values = after.map(({ value }) => value);
  if (!differs(old, values)) return [];
  if (old.length === 0 || values.length === 0) return [{ op: "set", path, value: values }];
  const kept = after.flatMap(({ from, value }) => (from === undefined ? [] : [{ from, value }]));
  const inside = kept.flatMap(({ from, value }) => fieldEdits([...path, from], old[from]!, value));
  const order = old.map((_, i) => i);
  const gone = order.filter(i => !kept.some(({ from }) => from === i)).reverse();
  for (const i of gone) order.splice(i, 1);
  const places = after.flatMap(({ from, value }, to): Edit[] => {
    if (from === undefined) {
      order.splice(to, 0, -1);
      return [{ op: "insert", path, index: to, value }];
    }
    const at = order.indexOf(from);
    order.splice(to, 0, ...order.splice(at, 1));
    return at === to ? [] : [{ op: "move", path, from: at, to }];
  });
  return [...inside, ...gone.map((i): Edit => ({ op: "delete", path: [...path, i] })), ...places];
}

/** Member by member. */
export function fieldEdits(path: ConfigPath, before: Fields, after: Fields): Edit[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key): Edit[] => {
    const value = after[key];
    if (!differs(before[key], value)) return [];
    return [value === undefined ? { op: "delete", path: [...path, key] } : { op: "set", path: [...path, key], value }];
  });
}

/** As mistakes name a place: "routes[0].upstreams[1].weight". */
export const pathText = (path: ConfigPath): string =>
  path.reduce<string>((all, key) => all + (typeof key === "number" ? `[${key}]` : all === "" ? key : `.${key}`), "");

/** A number or a text, as it was typed; undefined for nothing. */
export const valueOf = (typed: string): number | string | undefined =>
  typed === "" ? undefined : /^\d+(\.\d+)?$/.test(typed) ? Number(typed) : typed;
