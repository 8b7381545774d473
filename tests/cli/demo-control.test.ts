import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openControl, order, type Control } from "../../cli/demo/control.js";
import { Demos } from "../../cli/run/demos.js";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/provider.js";

const directory = mkdtempSync(join(tmpdir(), "demo-control-"));
const file = join(directory, "demo.json");
let qwen: DemoProvider;
let control: Control;

beforeAll(async () => {
  qwen = await startDemoProvider({ name: "qwen", tokens: ["a", "b"] });
  control = await openControl([qwen], file);
});
afterAll(async () => {
  await control.close();
  await qwen.close();
  rmSync(directory, { recursive: true });
});

it("sets a fault of one token while the gateway runs, and shows every token", async () => {
  const fault = { kind: "status", status: 429, retryAfter: "2" } as const;
  expect(await order({ do: "set", target: "qwen/2", fault }, file)).toEqual([
    "qwen/1  ok",
    "qwen/2  429 (Retry-After 2)",
  ]);
  expect(await order({ do: "list" }, file)).toEqual(["qwen/1  ok", "qwen/2  429 (Retry-After 2)"]);
  const headers = { authorization: "Bearer b" };
  expect((await fetch(`${qwen.url}/models`, { headers })).status).toBe(429);
});

it("takes a token by the name that a trail shows", async () => {
  await order({ do: "reset" }, file);
  expect(await order({ do: "set", target: "qwen/demo-1", fault: { kind: "cut" } }, file)).toContain("qwen/1  cut");
});

it("sets a whole provider, and makes everything well again", async () => {
  expect(await order({ do: "set", target: "qwen", fault: { kind: "hang" } }, file)).toEqual([
    "qwen/1  hang",
    "qwen/2  hang",
  ]);
  expect(await order({ do: "reset" }, file)).toEqual(["qwen/1  ok", "qwen/2  ok"]);
});

it("names the providers that there are", async () => {
  const ordering = order({ do: "set", target: "qwne/1", fault: { kind: "ok" } }, file);
  await expect(ordering).rejects.toThrow('There is no demo provider "qwne": there are qwen.');
  await expect(order({ do: "set", target: "qwen/9", fault: { kind: "ok" } }, file)).rejects.toThrow(
    "qwen has 2 tokens",
  );
});

it("a gateway that does not start takes the file from none that runs", async () => {
  const demos = new Demos(file);
  const door = readFileSync(file, "utf8");
  await demos.start({ name: "deepseek", family: "openai", tokens: ["a"], models: [], provider: {} });
  expect(readFileSync(file, "utf8")).toBe(door);
  await demos.stop();
  expect(await order({ do: "list" }, file)).toEqual(["qwen/1  ok", "qwen/2  ok"]);
});

it("obeys only who can read the owner's file", async () => {
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { port } = JSON.parse(readFileSync(file, "utf8")) as { port: number };
  expect((await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: '{"do":"reset"}' })).status).toBe(401);
});

it("says how to start one when none runs", async () => {
  await expect(order({ do: "list" }, join(directory, "absent.json"))).rejects.toThrow('start one with "npm start"');
});

it("a door that cannot be written is closed again: it would keep the command alive", async () => {
  const closed = vi.spyOn(Server.prototype, "close");
  await expect(openControl([qwen], join(directory, "absent", "demo.json"))).rejects.toThrow("ENOENT");
  expect(closed).toHaveBeenCalledTimes(1);
  closed.mockRestore();
});
