import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { editText, inline } from "../../cli/console/yaml-edit.js";
import type { Edit } from "../../cli/console/console-types.js";
import { DEFAULT_TEXT } from "../../cli/run/default-file.js";

/** The lines that differ, as a diff shows them. */
function changed(before: string, after: string): string[] {
  const old = before.split("\n");
  const now = after.split("\n");
  return [
    ...old.filter(line => !now.includes(line)).map(line => `-${line}`),
    ...now.filter(line => !old.includes(line)).map(line => `+${line}`),
  ];
}

const edited = (...edits: Edit[]): string[] => changed(DEFAULT_TEXT, editText(DEFAULT_TEXT, edits));

describe("an edit of the first file", () => {
  it("turns a fallback on by one word of one line", () => {
    expect(edited({ op: "set", path: ["routes", 0, "fallbackConfig", "enabled"], value: true })).toEqual([
      "+      enabled: true",
    ]);
  });

  it("puts a further token behind the others, on their line", () => {
    const token = { name: "qwen-1", valueFile: "secrets/qwen-1" };
    expect(edited({ op: "insert", path: ["providers", 0, "apiTokens"], index: 9, value: token })).toEqual([
      '-    apiTokens: ["${DASHSCOPE_API_KEY}"]',
      '+    apiTokens: ["${DASHSCOPE_API_KEY}", { name: qwen-1, valueFile: secrets/qwen-1 }]',
    ]);
  });

  it("adds a field at the end of its object", () => {
    expect(edited({ op: "set", path: ["routes", 1, "firstTokenTimeout"], value: "10s" })).toEqual([
      "+    firstTokenTimeout: 10s",
    ]);
    expect(edited({ op: "set", path: ["idleTimeout"], value: "20s" })).toEqual(["+idleTimeout: 20s"]);
  });

  it("adds a provider behind the others and above what follows them", () => {
    const provider = { type: "moonshot", apiTokens: ["${MOONSHOT_API_KEY}"] };
    const text = editText(DEFAULT_TEXT, [{ op: "insert", path: ["providers"], index: 3, value: provider }]);
    expect(changed(DEFAULT_TEXT, text)).toEqual(["+  - type: moonshot", '+    apiTokens: ["${MOONSHOT_API_KEY}"]']);
    expect((parse(text) as { providers: unknown[] }).providers[3]).toEqual(provider);
  });

  it("takes a route away with its lines and leaves the comments of others", () => {
    const text = editText(DEFAULT_TEXT, [{ op: "delete", path: ["routes", 2] }]);
    expect(changed(DEFAULT_TEXT, text).every(line => line.startsWith("-"))).toBe(true);
    expect((parse(text) as { routes: unknown[] }).routes).toHaveLength(2);
    expect(text).toContain("# Models whose name begins with");
  });

  it("takes an item out of a list on one line, and leaves the others as they are written", () => {
    const text = 'tokens: [ "a",  {name: b} , c ] # mine\n';
    const without = (i: number) => editText(text, [{ op: "delete", path: ["tokens", i] }]);
    expect(without(0)).toBe("tokens: [ {name: b} , c ] # mine\n");
    expect(without(1)).toBe('tokens: [ "a" , c ] # mine\n');
    expect(without(2)).toBe('tokens: [ "a",  {name: b} ] # mine\n');
  });

  it("moves an item with the comment above it, and every other line stays as it is", () => {
    const text = editText(DEFAULT_TEXT, [{ op: "move", path: ["routes"], from: 2, to: 0 }]);
    expect(changed(DEFAULT_TEXT, text)).toEqual([]);
    expect(text.indexOf("# Left out while OPENAI_API_KEY")).toBeLessThan(text.indexOf("- name: openai"));
    expect(text.indexOf("- name: openai")).toBeLessThan(text.indexOf("# Models whose name begins"));
    expect(text.endsWith("\n")).toBe(true);
    expect(editText(text, [{ op: "move", path: ["routes"], from: 0, to: 2 }])).toBe(DEFAULT_TEXT);
    const flow = "hops: [{ a: 1 },  b , # c\n  d]\n";
    expect(editText(flow, [{ op: "move", path: ["hops"], from: 2, to: 0 }])).toBe("hops: [d,  { a: 1 } , # c\n  b]\n");
  });

  it("moves a route with its comment's file whole", () => {
    const text = editText(DEFAULT_TEXT, [{ op: "move", path: ["routes"], from: 1, to: 0 }]);
    expect((parse(text) as { routes: { name: string }[] }).routes.map(({ name }) => name)).toEqual([
      "deepseek",
      "aliyun",
      "openai",
    ]);
    expect(text).toContain("# Every field with its default");
  });
});

describe("any edit of any document", () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom("no", "1e3", "~"),
  );
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 3 }),
    fc.dictionary(fc.string({ minLength: 1 }), scalar, { maxKeys: 3 }),
  );
  const tree = fc.record({
    a: fc.record({ b: value, c: value }),
    list: fc.array(value, { minLength: 1, maxLength: 4 }),
    last: value,
  });
  const edit: fc.Arbitrary<Edit> = fc.oneof(
    value.map(value => ({ op: "set" as const, path: ["a", "b"], value })),
    value.map(value => ({ op: "set" as const, path: ["a", "new"], value })),
    value.map(value => ({ op: "set" as const, path: ["fresh"], value })),
    value.map(value => ({ op: "insert" as const, path: ["list"], index: 1, value })),
    fc.constant({ op: "delete" as const, path: ["a", "c"] }),
    fc.constant({ op: "delete" as const, path: ["list", 0] }),
  );

  /** What the edit means, without any text. */
  function meant(root: unknown, edit: Edit): unknown {
    const copy = structuredClone(root) as Record<string, never>;
    const parent = edit.path.slice(0, -1).reduce<Record<string | number, unknown>>((at, key) => at[key] as never, copy);
    const key = edit.path.at(-1)!;
    if (edit.op === "set") parent[key] = edit.value;
    else if (edit.op === "insert") (parent[key] as unknown[]).splice(edit.index, 0, edit.value);
    else if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
    return copy;
  }

  it("says what it means, in block style and as JSON", () => {
    fc.assert(
      fc.property(tree, edit, (root, edit) => {
        const wanted = JSON.parse(JSON.stringify(meant(root, edit))) as unknown;
        expect(JSON.parse(JSON.stringify(parse(editText(stringify(root), [edit]))))).toEqual(wanted);
        expect(JSON.parse(JSON.stringify(parse(editText(JSON.stringify(root, null, 2), [edit]))))).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it("writes every value so that it is read again", () => {
    fc.assert(
      fc.property(value, value => {
        expect(JSON.stringify(parse(inline(value)))).toBe(JSON.stringify(value));
      }),
      { numRuns: 300 },
    );
  });
});
