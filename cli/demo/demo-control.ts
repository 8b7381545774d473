import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Refusal } from "../refusal.js";
import { stateDirectory } from "../state.js";
import { faultText, type Fault } from "./demo-fault.js";
import type { DemoProvider } from "./demo-provider.js";

/**
 * How `ai-failover demo` reaches the demo providers of a running gateway: a loopback port, found with its password in
 * a file that only the user who started the gateway can read. Each gateway has its own; the newest come first.
 */
function doorFiles(directory: string): string[] {
  const files = readdirSync(directory).filter(name => /^demo-\d+\.json$/.test(name));
  const time = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return files.map(name => join(directory, name)).sort((a, b) => time(b) - time(a));
}

interface Door {
  port: number;
  password: string;
}

export type Order = { do: "list" | "reset" } | { do: "set"; target: string; fault: Fault };

export interface Control {
  close(): Promise<void>;
}

/** Takes orders for these providers (a list that may change) until it is closed. */
export async function openControl(providers: readonly DemoProvider[], directory = stateDirectory()): Promise<Control> {
  const password = randomBytes(16).toString("hex");
  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${password}`) return void response.writeHead(401).end();
    try {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      await obey(JSON.parse(text) as Order, providers);
      response.end(JSON.stringify({ lines: list(providers) }));
    } catch (error) {
      response.writeHead(400).end(JSON.stringify({ error: (error as Error).message }));
    }
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  const door: Door = { port: (server.address() as AddressInfo).port, password };
  const file = join(directory, `demo-${door.port}.json`);
  try {
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(door), { mode: 0o600, flag: "wx" });
  } catch (error) {
    await new Promise(done => server.close(done));
    throw error;
  }
  return {
    async close() {
      rmSync(file, { force: true });
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}

/** Sends one order to the running gateway, of several to the newest; returns the state of all demo providers, a line each. */
export async function order(what: Order, directory = stateDirectory()): Promise<string[]> {
  for (const file of doorFiles(directory)) {
    const door = readDoor(file);
    const response = door && (await ask(door, what));
    if (!response || response.status === 401) continue;
    const { lines, error } = (await response.json()) as { lines: string[]; error?: string };
    if (error !== undefined) throw new Refusal(error);
    return lines;
  }
  throw new Refusal('No gateway with demo providers is running: start one with "npm start", without any key.');
}

/** Undefined when nobody answers: a gateway that was killed leaves its file. */
const ask = ({ port, password }: Door, what: Order): Promise<Response | undefined> =>
  fetch(`http://127.0.0.1:${port}`, {
    method: "POST",
    headers: { authorization: `Bearer ${password}` },
    body: JSON.stringify(what),
  }).catch(() => undefined);

async function obey(what: Order, providers: readonly DemoProvider[]): Promise<void> {
  if (what.do === "reset") await Promise.all(providers.map(provider => provider.reset()));
  if (what.do !== "set") return;
  const [name = "", token = "*"] = what.target.split("/", 2);
  const provider = providers.find(provider => provider.name === name);
  if (provider === undefined)
    throw new Error(`There is no demo provider "${name}": there are ${providers.map(({ name }) => name).join(", ")}.`);
  await provider.set(token === "*" ? "*" : numberOf(token, provider), what.fault);
}

/** "1", or "demo-1" as a trail names it. */
function numberOf(token: string, { name, tokens }: DemoProvider): number {
  const [, number] = /^(?:demo-)?(\d+)$/.exec(token) ?? [];
  if (number === undefined)
    throw new Error(`"${name}/${token}" is no token: ${name} has the numbers 1 to ${tokens.length}.`);
  return Number(number);
}

/** "qwen/1  429 (Retry-After 2)" */
function list(providers: readonly DemoProvider[]): string[] {
  return providers.flatMap(provider => {
    const faults = new Map(provider.faults());
    const rest = faults.get("*");
    const named = provider.tokens.map((_, i) => [String(i + 1), faults.get(String(i + 1)) ?? rest] as const);
    return named.map(([token, fault]) => `${provider.name}/${token}  ${fault === undefined ? "ok" : faultText(fault)}`);
  });
}

function readDoor(file: string): Door | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Door;
  } catch {
    return undefined;
  }
}
