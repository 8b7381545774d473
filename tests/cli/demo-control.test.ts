import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openControl, order, type Control } from "../../cli/demo/demo-control.js";
import { Demos } from "../../cli/run/demos.js";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";

const directory = mkdtempSync(join(tmpdir(), "demo-control-"));
/** Where the doors of the gateways that run are found. */
const doors = () => readdirSync(directory).filter(name => name.startsWith("demo-"));
let qwen: DemoProvider;
let control: Control;

beforeAll(async () => {
  qwen = await startDemoProvider({ name: "qwen", tokens: ["a", "b"] });
  control = await openControl([qwen], directory);
});
afterAll(async () => {
  await control.close();
  await qwen.close();
  rmSync(directory, { recursive: true });
});

it("sets a fault of one token while the gateway runs, and shows every token", async () => {
  const fault = { kind: "status", status: 429, retryAfter: "2" } as const;
  expect(await order({ do: "set", target: "qwen/2", fault }, directory)).toEqual([
    "qwen/1  ok",
    "qwen/2  429 (Retry-After 2)",
  ]);
  expect(await order({ do: "list" }, directory)).toEqual(["qwen/1  ok", "qwen/2  429 (Retry-After 2)"]);
  const headers = { authorization: "Bearer b" };
  expect((await fetch(`${qwen.url}/models`, { headers })).status).toBe(429);
});

it("takes a token by the name that a trail shows", async () => {
  await order({ do: "reset" }, directory);
  expect(await order({ do: "set", target: "qwen/demo-1", fault: { kind: "cut" } }, directory)).toContain("qwen/1  cut");
});

it("sets a whole provider, and makes everything well again", async () => {
  expect(await order({ do: "set", target: "qwen", fault: { kind: "hang" } }, directory)).toEqual([
    "qwen/1  hang",
    "qwen/2  hang",
  ]);
  expect(await order({ do: "reset" }, directory)).toEqual(["qwen/1  ok", "qwen/2  ok"]);
});

it("names the providers that there are", async () => {
  const ordering = order({ do: "set", target: "qwne/1", fault: { kind: "ok" } }, directory);
  await expect(ordering).rejects.toThrow('There is no demo provider "qwne": there are qwen.');
  await expect(order({ do: "set", target: "qwen/9", fault: { kind: "ok" } }, directory)).rejects.toThrow(
    "qwen has 2 tokens",
  );
  // By its text a fault could be set that no request meets, and no list shows.
  for (const target of ["qwen/x", "qwen/", "qwen/0"])
    await expect(order({ do: "set", target, fault: { kind: "ok" } }, directory)).rejects.toThrow("no token");
});

it("speaks to the newest of several gateways, and to the older one when that has ended", async () => {
  const demos = new Demos(directory);
  await demos.start({ name: "deepseek", family: "openai", tokens: ["a"], models: [], provider: {} });
  expect(doors()).toHaveLength(1); // one that does not come to run is none
  await demos.open();
  expect(await order({ do: "list" }, directory)).toEqual(["deepseek/1  ok"]);
  await demos.stop();
  expect(await order({ do: "list" }, directory)).toEqual(["qwen/1  ok", "qwen/2  ok"]);
});

it("passes over what a gateway that was killed left", async () => {
  writeFileSync(join(directory, "demo-1.json"), '{"port": 1, "password": "x"}');
  expect(await order({ do: "list" }, directory)).toEqual(["qwen/1  ok", "qwen/2  ok"]);
  rmSync(join(directory, "demo-1.json"));
});

it("obeys only who can read the owner's file", async () => {
  const file = join(directory, doors()[0]!);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { port } = JSON.parse(readFileSync(file, "utf8")) as { port: number };
  expect((await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: '{"do":"reset"}' })).status).toBe(401);
});

it("says how to start one when none runs", async () => {
  const nobody = mkdtempSync(join(directory, "nobody-"));
  await expect(order({ do: "list" }, nobody)).rejects.toThrow('start one with "npm start"');
});

it("a door that cannot be written is closed again: it would keep the command alive", async () => {
  const closed = vi.spyOn(Server.prototype, "close");
  await expect(openControl([qwen], join(directory, "absent"))).rejects.toThrow("ENOENT");
  expect(closed).toHaveBeenCalledTimes(1);
  closed.mockRestore();
});
