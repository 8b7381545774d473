import { readFileSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { ConfigRoom } from "./config-room.js";

/** One configuration and what it must give. */
interface Case {
  rule: string;
  config: unknown;
  env?: Record<string, string>;
  /** Part of the plugin that it becomes. */
  gives?: object;
  /** All of its warnings. */
  warnings?: string[];
  /** All of its mistakes. */
  errors?: string[];
  /** The beginnings of all of its mistakes. */
  contains?: string[];
  /** Route, cluster, host, and the rule that holds: -1 the global part, -2 none. */
  matches?: [route: string, cluster: string, host: string, rule: number][];
}

const folder = new URL("higress/", import.meta.url);
const corpus = readdirSync(folder).map(name => {
  const text = readFileSync(new URL(name, folder), "utf8");
  return { name: name.replace(".json", ""), ...(JSON.parse(text) as Case) };
});

let room: ConfigRoom;
beforeAll(async () => {
  room = await ConfigRoom.start();
});

describe("a configuration of Higress", () => {
  it("is tried in many shapes", () => expect(corpus.length).toBeGreaterThan(30));

  it("of no bytes at all serves nothing", () => {
    expect(room.accept("")).toMatchObject({ global: null, rules: [] });
    expect(room.match("r", "outbound|443||a.dns", "a.com")).toBe(-2);
  });

  it.each(corpus)("$name: $rule", ({ config, env, gives, warnings, errors, contains, matches }) => {
    if (errors || contains) {
      const found = room.errors(config, env);
      if (errors) expect(found).toEqual(errors);
      for (const [i, start] of (contains ?? []).entries()) expect(found[i]?.startsWith(start), found[i]).toBe(true);
      expect(found).toHaveLength((errors ?? contains)!.length);
      return;
    }
    const plugin = room.accept(config, env);
    expect(plugin).toMatchObject(gives ?? {});
    if (warnings) expect(plugin.warnings).toEqual(warnings);
    for (const [route, cluster, host, rule] of matches ?? [])
      expect([route, cluster, host, room.match(route, cluster, host)]).toEqual([route, cluster, host, rule]);
  });
});
