import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { Command } from "commander";
import { check, register as registerCheck } from "../../cli/commands/check-command.js";
import { register as registerDemo } from "../../cli/commands/demo-command.js";
import { register as registerExplain } from "../../cli/commands/explain-command.js";
import { register as registerRender } from "../../cli/commands/render-command.js";
import { register as registerRun } from "../../cli/commands/run-command.js";
import { register as registerStatus } from "../../cli/commands/status-command.js";
import { register as registerToken } from "../../cli/commands/token-command.js";
import { kinds } from "../../cli/demo/demo-fault.js";
import { codesOf, readDocument, withoutBlocks } from "./docs.js";

const program = new Command();
for (const register of [
  registerRun,
  registerCheck,
  registerRender,
  registerStatus,
  registerExplain,
  registerToken,
  registerDemo,
])
  register(program);

const files = execFileSync("git", ["ls-files", "*.md"], { encoding: "utf8" }).split("\n").filter(Boolean);
const texts = files.map(file => readDocument(file));

/** Headings as GitHub makes anchors of them. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe("the documentation", () => {
  it.each(files)("%s has no dead link", file => {
    const { text } = readDocument(file);
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link!)
      .filter(link => !/^https?:/.test(link));
    const dead = links.filter(link => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file : join(dirname(file), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  it("names every command, every option and every fault of the demo providers", () => {
    const told = texts.map(({ text }) => text).join("\n");
    const names = all(program).flatMap(({ options }) => options.map(({ long }) => long!));
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter(name => !new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(told))).toEqual([]);
    expect(
      program.commands.map(command => command.name()).filter(name => !told.includes(`ai-failover ${name}`)),
    ).toEqual([]);

    const readme = codesOf(withoutBlocks(readDocument("README.md").text));
    const faults = Object.keys(kinds).filter(kind => !["ok", "status"].includes(kind));
    expect(faults.filter(fault => !readme.includes(fault))).toEqual([]);
  });

  it("names the variables that the tool reads", () => {
    const sources = execFileSync("git", ["ls-files", "cli"], { encoding: "utf8" }).split("\n").filter(Boolean);
    const read = sources.flatMap(file =>
      [...readFileSync(file, "utf8").matchAll(/\benv(?:\.|\[")([A-Z][A-Z_]+)\b/g)].map(([, name]) => name!),
    );
    const told = texts.flatMap(({ text }) => codesOf(withoutBlocks(text)));
    expect(read.length).toBeGreaterThan(3);
    expect(read.filter(name => !told.includes(name))).toEqual([]);
  });

  it("names no command or flag that there is not", () => {
    const lines = texts.flatMap(({ file, text }) =>
      [...text.matchAll(/(?:npx ai-failover|ai-failover|npm start --) ((?:--?)?[a-z][^`\n#]*)/g)].map(
        ([line, rest]) => [file, line.startsWith("npm") ? `run ${rest}` : rest!] as const,
      ),
    );
    const calls = lines.filter(([, line]) => /^(run|check|render|status|explain|token|demo)\b/.test(line));
    expect(calls.length).toBeGreaterThan(10);
    expect(calls.filter(([, line]) => !isKnown(program, line.trim().split(/\s+/)))).toEqual([]);
    // A word after the tool's name that is no command is one that somebody only thought of.
    const shell = texts.flatMap(({ text }) => [...text.matchAll(/npx ai-failover ([a-z]+)/g)].map(([, word]) => word!));
    expect(shell.filter(word => !program.commands.some(command => command.name() === word))).toEqual([]);
  });

  it("names no field that there is not", () => {
    const schema = JSON.parse(readFileSync("schema/ai-failover.schema.json", "utf8")) as object;
    const known = fieldsOf(schema);
    const groups = [
      "status",
      "console",
      "limits",
      "tls",
      "failover",
      "retryOnFailure",
      "providerBreaker",
      "fallbackConfig",
    ];
    const named = texts.flatMap(({ file, text }) =>
      [...text.matchAll(/`([a-z][A-Za-z]*)\.([a-z][A-Za-z]*)`/g)].map(
        ([, group, field]) => [file, group!, field!] as const,
      ),
    );
    const ours = named.filter(([, group]) => groups.includes(group));
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter(([, group, field]) => !known.get(group)?.includes(field))).toEqual([]);
  });

  it("names no npm script that there is not", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    const named = texts.flatMap(({ text }) => [
      ...[...text.matchAll(/npm run (?:--silent )?([a-z:]+)/g)].map(([, name]) => name!),
      ...[...text.matchAll(/npm (start|test)\b/g)].map(([, name]) => name!),
    ]);
    expect(named.filter(name => !(name in scripts))).toEqual([]);
  });

  it("has the same code blocks in both languages of the README", () => {
    expect(readDocument("README.zh-CN.md").blocks).toEqual(readDocument("README.md").blocks);
  });

  it("has the same sections and table rows in both languages of the README", () => {
    const [english, chinese] = ["README.md", "README.zh-CN.md"].map(file => readDocument(file));
    const shape = (text: string) => [...text.matchAll(/^#+ /gm)].length;
    expect(shape(chinese!.text)).toBe(shape(english!.text));
    expect(chinese!.rows.length).toBe(english!.rows.length);
  });

  it("has the same links, list items and code in both languages of the README", () => {
    const [english, chinese] = ["README.md", "README.zh-CN.md"].map(file =>
      // Each has its own pictures.
      readDocument(file).text.replace(/README[\w.-]*|\.zh-CN(?=\.png)/g, ""),
    );
    const links = (text: string) => [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).sort();
    const items = (text: string) => [...text.matchAll(/^(- |\*\*\d)/gm)].length;
    const codes = (text: string) => codesOf(withoutBlocks(text)).sort();
    expect(links(chinese!)).toEqual(links(english!));
    expect(items(chinese!)).toBe(items(english!));
    expect(codes(chinese!)).toEqual(codes(english!));
  });
});

/** A command and all below it. */
const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

/** The fields of each object of the schema that is itself a field. */
function fieldsOf(schema: object): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [name, value] of Object.entries((node as { properties?: object }).properties ?? {}))
      if (value && typeof value === "object" && "properties" in value)
        found.set(name, Object.keys(value.properties as object));
    Object.values(node).forEach(visit);
  };
  visit(schema);
  return found;
}

/** Whether the command takes these options, or its subcommand does. */
function isKnown(command: Command, [name, ...rest]: string[]): boolean {
  const found = command.commands.find(sub => sub.name() === name);
  if (found === undefined) return false;
  if (found.commands.length > 0) return rest.length === 0 || isKnown(found, rest);
  const options = rest.filter(word => /^--?[a-z]/.test(word) && word !== "--help").map(word => word.split("=")[0]!);
  return options.every(word => found.options.some(option => option.long === word || option.short === word));
}

describe("the examples", () => {
  it("are YAML or JSON", () => {
    const examples = execFileSync("git", ["ls-files", "envoy"], { encoding: "utf8" }).split("\n").filter(Boolean);
    expect(examples.length).toBeGreaterThan(5);
    for (const file of examples)
      for (const document of parseAllDocuments(readFileSync(file, "utf8")))
        expect([file, document.errors]).toEqual([file, []]);
  });

  it("of a WasmPlugin passes the module's own check", () => {
    expect(check("envoy/wasmplugin.yaml", { DASHSCOPE_API_KEY: "sk-a,sk-b" })).toEqual([
      expect.stringContaining("WasmPlugin, 1 rule"),
      expect.stringContaining(": DEEPSEEK_API_KEY."),
    ]);
  });

  it("of the services names the clusters that the WasmPlugin means", () => {
    const [bridge, ingress] = parseAllDocuments(readFileSync("envoy/higress-services.yaml", "utf8")).map(
      document =>
        document.toJS() as {
          spec: { registries: { name: string; type: string; port: number }[] };
          metadata: { annotations: Record<string, string> };
        },
    );
    const names = bridge!.spec.registries.map(({ name, type, port }) => `${name}.${type}:${port}`);
    const plugin = parse(readFileSync("envoy/wasmplugin.yaml", "utf8")) as {
      spec: { defaultConfig: { providers: { id: string }[] }; matchRules: { service: string[] }[] };
    };
    expect(plugin.spec.defaultConfig.providers.map(({ id }) => `llm-${id}.internal.dns:443`)).toEqual(names);
    expect(ingress!.metadata.annotations["higress.io/destination"]).toBe(
      `${plugin.spec.matchRules[0]!.service[0]}:443`,
    );
  });
});
