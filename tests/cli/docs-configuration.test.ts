import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PRESETS } from "../../assembly/config/presets.js";
import { resolveConfig } from "../../cli/config/load-config.js";
import { checkShape } from "../../cli/config/schema.js";
import { sourceOf } from "../../cli/config/source.js";
import { configureModule } from "../../cli/plugin/module-instance.js";
import { gatewayJson } from "../../cli/render/render-plugin.js";
import { codesOf, readDocument } from "./docs.js";
import { updateTable } from "./docs-update.js";

const FILE = "docs/configuration.md";
const { rows, blocks } = readDocument(FILE);
const schema = JSON.parse(readFileSync("schema/ai-failover.schema.json", "utf8")) as Node & { $defs: object };

interface Node {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
}

function resolved(node: Node): Node {
  const name = node.$ref?.split("/").at(-1);
  return name === undefined ? node : resolved(schema.$defs[name as keyof object]);
}

/** All fields of the schema by path, and whether each is needed: "routes[].upstreams[].weight". */
function fieldsOf(node: Node, path = ""): [string, boolean][] {
  const { properties = {}, required = [], items } = resolved(node);
  const own = Object.entries(properties).flatMap(([name, field]): [string, boolean][] => {
    const at = path === "" ? name : `${path}.${name}`;
    const { properties: inner, type } = resolved(field);
    const isGroup = inner !== undefined && type === "object";
    return [...(isGroup ? [] : [[at, required.includes(name)] as [string, boolean]]), ...fieldsOf(field, at)];
  });
  return [...own, ...(items ? fieldsOf(items, `${path}[]`) : [])];
}

/** The rows whose first cell is a field: path, default, meaning. */
const documented = new Map(
  rows
    .map(([field = "", value = ""]) => [codesOf(field)[0] ?? "", value] as const)
    .filter(([field]) =>
      /^(\$schema|listen|admin|idleTimeout|stallTimeout|rejectEmpty|responseHeaders|(status|console|requestLog|tracing|fleet|clientKeys|cors|limits|rules|providers|routes)\b.*)$/.test(
        field,
      ),
    ),
);
const fields = new Map(fieldsOf(schema));

/** The smallest configuration in which every field has its place. */
const skeleton = () => ({
  clientKeys: [{ name: "a" }],
  fleet: { url: "redis://redis:6379", name: "a" },
  tracing: { url: "http://collector:4318/v1/traces" },
  providers: [{ type: "qwen", apiTokens: [{}] }],
  routes: [
    {
      ...{ name: "a", modelPredicates: [{ matchType: "PRE", matchValue: "a" }], upstreams: [{ provider: "qwen" }] },
      fallbackConfig: { upstreams: [{ provider: "qwen" }] },
    },
  ],
});
/** A list that the skeleton fills is looked at in one that leaves it out. */
const bare = (): object => ({ providers: [{ type: "qwen" }] });
const bareRoute = (): object => ({ ...bare(), routes: [{ name: "a", upstreams: [{ provider: "qwen" }] }] });

function filledIn(path: string): unknown {
  for (const make of [bare, bareRoute, skeleton]) {
    const config = make();
    checkShape(config);
    const value = valueAt(config, path);
    if (value !== undefined) return value;
  }
  return undefined;
}

const valueAt = (root: unknown, path: string): unknown =>
  path
    .replaceAll("[]", ".0")
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], root);

describe("docs/configuration.md", () => {
  it("names every field of the schema, and no other", () => {
    expect([...documented.keys()].sort()).toEqual([...fields.keys()].sort());
  });

  it("says of every field what it is when it is left out", () => {
    const said = [...documented].map(([field, cell]) => [
      field,
      codesOf(cell).length > 0 ? parse(codesOf(cell)[0]!) : cell,
    ]);
    const filled = [...documented.keys()].map(field => [
      field,
      fields.get(field) ? "needed" : (filledIn(field) ?? "-"),
    ]);
    expect(said).toEqual(filled);
  });

  it("shows every field in an example", () => {
    const shown = blocks.filter(({ language }) => language === "yaml").flatMap(({ code }) => pathsOf(parse(code)));
    expect([...fields.keys()].filter(field => !shown.includes(field))).toEqual([]);
  });

  it.each(blocks.filter(({ language }) => language === "yaml"))("shows an example that is right: $code", ({ code }) => {
    const directory = mkdtempSync(join(tmpdir(), "docs-"));
    mkdirSync(join(directory, "secrets"));
    writeFileSync(join(directory, "secrets/qwen.txt"), "sk-file\n");
    const variables = [...code.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name!, `sk-of-${name!}`]);
    const env = Object.fromEntries(variables) as Record<string, string>;
    const config = resolveConfig(sourceOf(parse(code), "the example", directory), env);
    const verdict = configureModule("build/ai-failover.wasm", gatewayJson(config), env);
    expect(verdict.errors).toEqual([]);
    expect(verdict.accepted).toBe(true);
  });

  it("lists the provider types as the module knows them", async () => {
    const isType = (cell = "") => PRESETS.some(({ type }) => type === codesOf(cell)[0]);
    const cell = (text: string) => (text === "" ? "-" : `\`${text}\``);
    const table = PRESETS.map(preset => [
      ...[
        preset.docs ? `[${cell(preset.type)}](${preset.docs})` : cell(preset.type),
        cell(preset.host),
        preset.models.map(cell).join(" ") || "-",
      ],
      ...[preset.hasMessages ? "yes" : "-", cell(preset.probe && `GET ${preset.probe}`)],
      preset.variable === "" ? "none needed" : cell(preset.variable),
    ]);
    await updateTable(FILE, ["type", "host", "models", "messages", "free probe", "usual variable"], table);
    const listed = readDocument(FILE).rows.filter(row => row.length === 6 && isType(row[0]));
    expect(listed).toEqual(table);
    const withoutHost = rows.filter(row => row.length === 2 && isType(row[0])).flatMap(([types]) => codesOf(types!));
    expect(withoutHost).toEqual(PRESETS.filter(({ host }) => host === "").map(({ type }) => type));
  });
});

/** The paths of all fields in a value. */
function pathsOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap(item => pathsOf(item, `${path}[]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return [at, ...pathsOf(item, at)];
  });
}
