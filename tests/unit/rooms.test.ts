import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** The rooms of `assembly` from the lowest to the highest, and which rooms below it each one may use. */
const ROOMS: Record<string, string[]> = {
  text: [],
  proxywasm: ["text"],
  json: ["text"],
  http: ["text", "json"],
  config: ["text", "json"],
  health: ["text", "json", "http", "config"],
  fleet: ["text", "config", "health"],
  request: ["text", "json", "http", "config", "health"],
  response: ["text", "json", "http", "config", "health", "request"],
  observe: ["text", "proxywasm", "json", "http", "config", "health", "fleet", "request", "response"],
  filters: ["text", "proxywasm", "json", "http", "config", "health", "fleet", "request", "response", "observe"],
};

/** Every source file below a folder, with the files that it imports. */
function importsBelow(folder: string): Map<string, string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    file => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"),
  );
  return new Map(
    files.map(file => [
      normalize(file),
      [...readFileSync(join(folder, file), "utf8").matchAll(/ from "(\.[^"]+)"/g)].map(([, from]) => {
        const target = normalize(join(dirname(file), from!.replace(/\.js$/, "")));
        return files.includes(`${target}.tsx`) ? `${target}.tsx` : `${target}.ts`;
      }),
    ]),
  );
}

/** Files that import each other in a circle; empty: there is none. */
function circleIn(imports: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

const assembly = importsBelow("assembly");

describe("the rooms", () => {
  it.each(Object.entries(ROOMS))("%s imports from no room but %j", (room, allowed) => {
    const used = [...assembly]
      .filter(([file]) => file.startsWith(`${room}/`))
      .flatMap(([, imports]) => imports.map(path => path.split("/")[0]!))
      .filter(other => other !== room);
    expect(allowed).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  it("are all that there are", () => {
    const found = new Set([...assembly.keys()].filter(file => file.includes("/")).map(file => file.split("/")[0]!));
    expect([...found].sort()).toEqual(Object.keys(ROOMS).sort());
  });

  it.each(["assembly", "cli", "web/src"])("no files of %s import each other in a circle", folder => {
    expect(circleIn(importsBelow(folder))).toEqual([]);
  });

  it("would find a circle", () => {
    const circle = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b"]],
    ]);
    expect(circleIn(circle)).toEqual(["b", "c", "b"]);
  });
});

describe("the names of files", () => {
  it("occur once, so that a name says which file is meant", () => {
    const names = ["assembly", "cli", "tests", "bin"]
      .flatMap(folder => readdirSync(folder, { recursive: true, encoding: "utf8" }))
      .filter(file => /\.(ts|mjs)$/.test(file))
      .map(file => file.split("/").at(-1)!);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
