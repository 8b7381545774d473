import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { resolveConfig } from "../../cli/config/load-config.js";
import { readSource } from "../../cli/config/source.js";
import { bannerOf } from "../../cli/run/banner.js";
import { Gateway } from "../../cli/run/gateway.js";
import { LogFilter, parseLine } from "../../cli/run/envoy-log.js";
import { checkFree } from "../../cli/run/ports.js";
import { writeIdleModule } from "./idle-module.js";

let directory: string;
let wasm: string;
let file: string;
let listen: number;
let admin: number;
const said: string[] = [];
const say = (line: string) => void said.push(line);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "run-"));
  // Of its own: what other runs on this machine leave there is not ours to count.
  process.env["XDG_RUNTIME_DIR"] = directory;
  wasm = join(directory, "idle.wasm");
  file = join(directory, "my.yaml");
  await writeIdleModule(wasm);
  [listen, admin] = await freePorts();
});
afterAll(() => rmSync(directory, { recursive: true }));

async function freePorts(): Promise<[number, number]> {
  const servers = await Promise.all([hold(0), hold(0)]);
  const ports = servers.map(server => (server.address() as AddressInfo).port) as [number, number];
  for (const server of servers) server.close();
  return ports;
}

function hold(port: number): Promise<Server> {
  const server = createServer();
  return new Promise(done => server.listen(port, "127.0.0.1", () => done(server)));
}

function write(model: string, extra = "", listens?: string): void {
  writeFileSync(
    file,
    `${listens ?? `listen: 127.0.0.1:${listen}\nadmin: 127.0.0.1:${admin}\nstatus: {enabled: false}`}
providers:
  - {type: openai, url: "http://127.0.0.1:9/v1", models: [${model}], apiTokens: [sk-x]}
${extra}`,
  );
}

const isUp = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) }).then(
    () => true,
    () => false,
  );

async function until(condition: () => Promise<boolean> | boolean, limit = 20_000): Promise<void> {
  const end = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${limit} ms: ${condition}`);
    await sleep(50);
  }
}

const lives = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const runDirectories = () =>
  readdirSync(process.env["XDG_RUNTIME_DIR"]!).filter(name => /^ai-failover-[^-]+$/.test(name));

describe("a gateway", () => {
  let gateway: Gateway;

  beforeAll(async () => {
    write("a-model");
    gateway = await Gateway.start({ config: file, wasm, concurrency: 1, say });
  });
  afterAll(() => gateway.stop());

  it("listens when it has started", async () => {
    expect(await isUp(listen)).toBe(true);
    expect(gateway).toMatchObject({ mode: "retry", envoy: { version: "1.40.0" } });
  });

  it("serves an edit in place, in the same Envoy", async () => {
    const { pid } = gateway;
    write("another-model");
    expect(await gateway.reload()).toContain("is served");
    expect(gateway.pid).toBe(pid);
    expect(await gateway.reload()).toContain("nothing to change");
  });

  it("says what is new and worth a line, once", async () => {
    writeFileSync(join(directory, "token"), "sk-y");
    write(
      "another-model",
      "  - {type: openai, id: other, url: 'http://127.0.0.1:9/v1', apiTokens: [{valueFile: token}]}\n",
    );
    expect(await gateway.reload()).toMatch(/\napiTokens: a valueFile is followed/);
    expect(await gateway.reload()).toMatch(/nothing to change\.$/);
    write("another-model");
  });

  it("reads the file again when it is saved, also before it was watched", async () => {
    write("third-model");
    gateway.watch();
    await until(() => said.some(line => line.includes("is served")));
    said.length = 0;
    write("fourth-model");
    await until(() => said.some(line => line.includes("is served")));
  });

  it("keeps what it serves when the file has mistakes, and says them", async () => {
    write("x", "nonsense: 1\n");
    await until(() => said.some(line => line.includes("nonsense") && line.includes("goes on")));
    expect(await isUp(listen)).toBe(true);
    write("third-model");
  });

  it("names the address that needs a start", async () => {
    const other = listen;
    listen = 1;
    write("third-model");
    expect(await gateway.reload()).toContain(": listen can change at a start only");
    listen = other;
    write("third-model");
  });

  it("names a timeout that is longer than Envoy was told to leave streams alone", async () => {
    write("third-model", "routes: [{name: a, timeout: 1h, upstreams: [{provider: openai}]}]\n");
    expect(await gateway.reload()).toContain("is served");
    write("third-model", "routes: [{name: a, timeout: 61m, upstreams: [{provider: openai}]}]\n");
    expect(await gateway.reload()).toContain(": a timeout above 3600s can change at a start only");
    write("third-model");
  });

  it("starts an Envoy again that died, and says what was lost", async () => {
    const pid = gateway.pid!;
    process.kill(pid, "SIGKILL");
    await until(async () => gateway.pid !== pid && (await isUp(listen)));
    expect(said).toContainEqual(expect.stringMatching(/Envoy ended \(SIGKILL\) and is started again.*lost/));
  });

  it("leaves no process and no file when it is stopped", async () => {
    const pid = gateway.pid!;
    await gateway.stop();
    expect(lives(pid)).toBe(false);
    expect(await isUp(listen)).toBe(false);
    expect(runDirectories()).toEqual([]);
  });
});

describe("a start that cannot succeed ends in one sentence with the remedy", () => {
  afterEach(async () => expect(await isUp(listen)).toBe(false));

  it("each port that is taken", async () => {
    write("a-model");
    const taken = await Promise.all([hold(listen), hold(admin)]);
    const sentence = (field: string, port: number) =>
      `127.0.0.1:${port} (${field}) is taken by another program: stop it, or set "${field}: 127.0.0.1:${port + 1}" in ${file}.`;
    await expect(Gateway.start({ config: file, wasm, say })).rejects.toThrow(
      `${sentence("listen", listen)}\n${sentence("admin", admin)}`,
    );
    for (const server of taken) server.close();
  });

  it("an address of the command line is taken in place of the file's", async () => {
    write("a-model");
    const taken = await hold(0);
    const { port } = taken.address() as AddressInfo;
    const starting = Gateway.start({ config: file, wasm, say, listen: `127.0.0.1:${port}` });
    await expect(starting).rejects.toThrow(
      `127.0.0.1:${port} (listen) is taken by another program: stop it, or give --listen 127.0.0.1:${port + 1}.`,
    );
    taken.close();
  });

  it("an address that this machine does not have", async () => {
    await expect(checkFree([["listen", { host: "192.0.2.1", port: 80 }]], () => "x.yaml")).rejects.toThrow(
      "give listen in x.yaml an address of this machine",
    );
  });

  it("a module that does not load: Envoy's own words are passed on, once", async () => {
    write("a-model");
    said.length = 0;
    writeFileSync(join(directory, "bad.wasm"), "no module");
    const starting = Gateway.start({ config: file, wasm: join(directory, "bad.wasm"), say });
    await expect(starting).rejects.toThrow(/Envoy refused the configuration:\n[^]*Wasm/i);
    expect(said).toEqual([]);
  });

  it("an end that was asked for while it starts", async () => {
    write("a-model");
    const ending = new AbortController();
    const starting = Gateway.start({ config: file, wasm, say, signal: ending.signal });
    ending.abort();
    await expect(starting).rejects.toThrow("aborted");
  });
});

describe("what a start says", () => {
  const banner = (extra: string, models = "a-model", listens?: string): string => {
    write(models, extra, listens);
    const config = resolveConfig(readSource(file));
    const envoy = { path: "", version: "1.40.0", minor: 40, source: "PATH" };
    const gateway = {
      config,
      admin: { socket: "/run/admin.sock" },
      envoy,
      mode: "retry",
      file,
      env: {},
      notes: [],
    } as unknown as Gateway;
    return bannerOf(gateway, "1").join("\n");
  };

  it("where keys are asked for shows one in the line to try", () => {
    expect(banner("clientKeys: [{ name: a, value: a-key-of-a-client }]\n")).toMatch(
      /curl -i .* \\\n +-H 'authorization: Bearer KEY_OF_YOURS' \\\n +-d/,
    );
  });

  it("writes IPv6 addresses in brackets", () => {
    const shown = banner("", "a-model", `listen: "[::1]:80"\nadmin: "[::1]:81"\nstatus: {listen: "[::]:82"}`);
    expect(shown).toMatch(/Gateway +http:\/\/\[::1\]:80\/v1/);
    expect(shown).toMatch(/Metrics +http:\/\/\[::1\]:82\/metrics/);
    expect(shown).toContain("curl -i http://[::1]:80/v1/");
    expect(shown).toContain("admin: every user of this machine reaches [::1]:81");
  });

  it.each([
    ["a-model", "a-model"],
    ["qwen*", "qwen-turbo"],
    ["gpt-*", "gpt-4o-mini"],
    ["mine-*", "mine-1"],
  ])("shows a model to try that the first route serves: of %s %s", (models, model) => {
    expect(banner("", `"${models}"`)).toContain(`{"model": "${model}", `);
  });

  it("warns of tokens in a file that others can read", () => {
    chmodSync(file, 0o644);
    expect(banner("")).toContain(`chmod 600 "${file}"`);
    chmodSync(file, 0o600);
    expect(banner("")).not.toContain("chmod");
  });
});

describe("npm start", () => {
  let npm: ChildProcess;
  let output: string;

  async function start(): Promise<number[]> {
    write("a-model");
    output = "";
    npm = spawn("npm", ["start", "--", "--config", file, "--concurrency", "1"], { detached: true });
    for (const stream of [npm.stdout!, npm.stderr!]) stream.on("data", chunk => (output += String(chunk)));
    await until(() => {
      if (npm.exitCode !== null) throw new Error(output);
      return output.includes("curl ");
    }, 60_000);
    return tree(npm.pid!);
  }

  /** The process and all that it started. */
  function tree(pid: number): number[] {
    const rows = spawnSync("ps", ["-axo", "pid=,ppid="], { encoding: "utf8" }).stdout.trim().split("\n");
    const pairs = rows.map(row => row.trim().split(/\s+/).map(Number) as [number, number]);
    const below = (root: number): number[] => pairs.filter(([, p]) => p === root).flatMap(([p]) => [p, ...below(p)]);
    return [pid, ...below(pid)];
  }

  afterEach(() => void npm.kill("SIGKILL")); // which what it started must notice

  it.each<[string, NodeJS.Signals, "npm alone" | "all"]>([
    ["SIGTERM to npm alone", "SIGTERM", "npm alone"],
    ["SIGKILL to npm alone", "SIGKILL", "npm alone"],
    ["Ctrl-C", "SIGINT", "all"],
  ])("ended by %s leaves no process behind", async (_, signal, whom) => {
    const pids = await start();
    expect(pids.length).toBeGreaterThanOrEqual(3);
    process.kill(whom === "all" ? -npm.pid! : npm.pid!, signal);
    await until(() => !pids.some(lives));
    expect(existsSync(file)).toBe(true);
  });

  it("killed by the system leaves no Envoy behind, and no file that may hold a token", async () => {
    const pids = await start();
    const rows = spawnSync("ps", ["-o", "pid=,args=", "-p", pids.join()], { encoding: "utf8" }).stdout.split("\n");
    const [tool] = rows.filter(row => row.includes("ai-failover.mjs run") && !row.includes("/sh "));
    process.kill(parseInt(tool!), "SIGKILL");
    await until(async () => !(await isUp(listen)));
    await until(() => runDirectories().length === 0);
  });

  it("with a mistake in the file ends with the place, and what is allowed", async () => {
    write("a-model", "nonsense: 1\n");
    const { status, stderr } = spawnSync("npm", ["start", "--", "--config", file], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("nonsense");
    expect(stderr).not.toContain("at run");
  });

  it("prints the address, and a line to try", async () => {
    await start();
    expect(output).toContain(`http://localhost:${listen}/v1`);
    expect(output).toMatch(/"model": "a-model"/);
    npm.kill("SIGTERM");
    await until(() => npm.exitCode !== null || npm.signalCode !== null);
  });
});

describe("of Envoy's log a person sees what matters, once", () => {
  it("shows warnings and what the module tells, without their prefix", () => {
    const filter = new LogFilter();
    const warning = parseLine(
      "2026-01-01T00:00:00.000\twarning\twasm\twasm log ai-failover a b: #1 route failed: token refused",
    );
    expect(filter.pass(warning)).toBe("warning  #1 route failed: token refused");
    const told = "2026-01-01T00:00:00.000\tinfo\twasm\twasm log ai-failover a b: #2 route served: trail";
    expect(filter.pass(parseLine(told))).toBe("info  #2 route served: trail");
    expect(filter.pass(parseLine("2026-01-01T00:00:00.000\tinfo\tmain\tstarting"))).toBeUndefined();
  });

  it("hides repetitions for ten seconds, then says how many there were", () => {
    const filter = new LogFilter();
    const line = (n: number) => ({ level: "error", logger: "x", text: `connection ${n} failed` });
    expect(filter.pass(line(1), 0)).toBe("error  connection 1 failed");
    for (let i = 2; i < 12; i++) expect(filter.pass(line(i), i)).toBeUndefined();
    expect(filter.pass(line(99), 10_001)).toBe("error  connection 99 failed (and 10 more like it)");
  });

  it("hides no token behind another whose name differs by its number", () => {
    const filter = new LogFilter();
    for (const text of ["qwen/demo-1 is out: credential", "qwen/demo-2 is out: credential", "qwen/demo-2 is back"])
      expect(filter.pass({ level: "warning", logger: "wasm", text }, 0)).toBe(`warning  ${text}`);
  });
});
