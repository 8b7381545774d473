import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Which rooms of `assembly` a room may import from; `roles` is where all meet. */
const ROOMS = {
  bytes: [],
  proxy: ["bytes"],
  config: ["bytes"],
  health: ["bytes", "config"],
  exchange: ["bytes", "config", "health"],
  observe: ["bytes", "config", "health", "exchange", "proxy"],
};

it.each(Object.entries(ROOMS))("%s imports from no room but %j", (room, allowed) => {
  const folder = new URL(`../../assembly/${room}/`, import.meta.url);
  const imports = readdirSync(folder).flatMap(file =>
    [...readFileSync(new URL(file, folder), "utf8").matchAll(/from "\.\.\/(\w+)\//g)].map(([, from]) => from!),
  );
  expect([...new Set(imports)].sort()).toEqual([...allowed].sort());
});
