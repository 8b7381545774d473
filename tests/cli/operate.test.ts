import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryWarning } from "../../cli/config/memory-budget.js";
import { warningsOf } from "../../cli/config/notices.js";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { Gateway } from "../../cli/run/gateway.js";
import { sentenceOf } from "../../cli/system-error.js";
import { freePorts, until } from "../envoy/running-gateway.js";

const directory = mkdtempSync(join(tmpdir(), "operate-"));
const file = join(directory, "my.yaml");
const tokenFile = join(directory, "token");
const said: string[] = [];
let provider: DemoProvider;
let ports: number[];
let gateway: Gateway | undefined;

beforeEach(async () => {
  said.length = 0;
  provider = await startDemoProvider({ name: "one", tokens: ["first", "second"], pace: 100 });
  ports = await freePorts(3);
  const [listen, admin, status] = ports;
  writeFileSync(tokenFile, "first\n");
  writeFileSync(
    file,
    `listen: 127.0.0.1:${listen}
admin: 127.0.0.1:${admin}
status: {listen: "127.0.0.1:${status}"}
providers:
  - {id: o.n-e, type: openai, url: "${provider.url}", models: ["m*"], apiTokens: [{valueFile: token}]}
`,
  );
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await provider.close();
});

const start = async (drain?: number) =>
  (gateway = await Gateway.start({ config: file, concurrency: 1, drain, say: line => void said.push(line) }));
/** Rejects when the transfer breaks. */
async function ask(stream = false): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${ports[0]}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", stream, messages: [] }),
  });
  return `${answer.status} ${await answer.text()}`;
}
const status = (path: string, method = "GET") => fetch(`http://127.0.0.1:${ports[2]}${path}`, { method });

describe("the status listener", () => {
  beforeEach(() => start());

  it("says that requests can be sent here, and that Envoy lives", async () => {
    expect((await status("/ready")).status).toBe(200);
    expect((await status("/live")).status).toBe(200);
    expect(said).toEqual([]); // no warning of Envoy
  });

  it("shows the module's counters to Prometheus with their labels", async () => {
    await ask();
    await until(async () => (await (await status("/metrics")).text()).includes('outcome="served"} 1'));
    const lines = (await (await status("/metrics")).text()).split("\n");
    for (const line of [
      'ai_failover_attempts_total{provider="o.n-e",cause="ok"} 1',
      'ai_failover_attempts_total{provider="o.n-e",cause="rate-limit"} 0',
      'ai_failover_requests_total{route="o.n-e",outcome="served"} 1',
      'ai_failover_requests_total{route="-",outcome="client-left"} 0',
      'ai_failover_rescues_total{from="o.n-e",to="o.n-e"} 0',
      "ai_failover_ledger_conflicts_total{} 0",
      "# TYPE ai_failover_ledger_generation gauge",
      "# TYPE ai_failover_requests_total counter",
    ])
      expect(lines).toContain(line);
  });

  it.each([
    ["GET", "/"],
    ["GET", "/config_dump"],
    ["GET", "/metrics/x"],
    ["GET", "/metrics?filter=x"],
    ["POST", "/metrics"],
    ["POST", "/quitquitquit"],
    ["POST", "/ready"],
  ])("has nothing else of the admin interface: %s %s", async (method, path) => {
    expect((await status(path, method)).status).toBe(404);
  });
});

describe("a stop", () => {
  it("lets a stream end, says so, and is not ready meanwhile", async () => {
    await start();
    const answer = ask(true);
    await until(() => provider.requests.length === 1);
    const stopped = gateway!.stop();
    await until(async () => (await status("/ready")).status === 503);
    expect(await answer).toMatch(/^200 [^]*\[DONE\]/);
    await stopped;
    expect(said).toContainEqual(expect.stringMatching(/^Ending: 1 call under way may take 30 s more/));
    await expect(status("/live")).rejects.toThrow();
  });

  it("takes calls for its minimum when it is idle, and is not ready meanwhile", async () => {
    await start();
    const began = performance.now();
    const stopped = gateway!.stop(1_000);
    await until(async () => (await status("/ready")).status === 503);
    while (performance.now() - began < 900) expect(await ask()).toMatch(/^200 /);
    await stopped;
    await expect(ask()).rejects.toThrow();
    expect(said).toContainEqual(expect.stringMatching(/^Ending: .* new calls are taken for 1 s more/));
  });

  it("waits no longer than its limit", async () => {
    await provider.set("*", { kind: "hang" });
    await start(300);
    const answer = ask().catch((error: Error) => error);
    await until(() => provider.requests.length === 1);
    await gateway!.stop();
    expect(await answer).toBeInstanceOf(Error);
  });

  let cli: ChildProcess;
  let output: string;
  let ended: Promise<unknown>;
  async function run(...options: string[]): Promise<void> {
    cli = spawn(process.execPath, ["bin/ai-failover.mjs", "run", "--config", file, "--concurrency", "1", ...options]);
    output = "";
    for (const stream of [cli.stdout!, cli.stderr!]) stream.on("data", chunk => (output += String(chunk)));
    ended = new Promise(done => cli.once("exit", done));
    await until(() => output.includes("curl "), 30_000);
  }

  it("lets a stream end also when nobody reads any more what is said", async () => {
    await run();
    for (const stream of [cli.stdout!, cli.stderr!]) stream.destroy();
    cli.kill("SIGHUP"); // says that there is nothing to change
    await provider.set("*", "500");
    for (let i = 0; i < 3; i++) await ask(); // says that they failed
    await provider.reset();
    await until(async () => (await ask()).startsWith("200"), 30_000);
    provider.requests.length = 0;
    const answer = ask(true);
    await until(() => provider.requests.length === 1);
    cli.kill("SIGTERM");
    expect(await answer).toMatch(/^200 [^]*\[DONE\]/);
    expect(await ended).toBe(0);
  });

  it("by SIGTERM takes calls for --min-drain, by Ctrl-C does not", async () => {
    for (const [signal, takesCalls] of [
      ["SIGTERM", true],
      ["SIGINT", false],
    ] as const) {
      await run("--min-drain", "2s");
      const began = performance.now();
      cli.kill(signal);
      await until(
        async () =>
          !(await status("/ready").then(
            ({ ok }) => ok,
            () => false,
          )),
      );
      await sleep(500);
      expect(
        await ask().then(
          answer => answer.startsWith("200"),
          () => false,
        ),
      ).toBe(takesCalls);
      expect(await ended).toBe(0);
      expect(performance.now() - began > 2_000).toBe(takesCalls);
    }
  });

  it("by SIGTERM ends at once when it comes twice; SIGHUP reads the file again", async () => {
    await provider.set("*", { kind: "hang" });
    await run();
    cli.kill("SIGHUP");
    await until(() => output.includes("nothing to change"));
    const answer = ask().catch((error: Error) => error);
    await until(() => provider.requests.length === 1);
    cli.kill("SIGTERM");
    await until(() => output.includes("Ending: "));
    await sleep(600); // npm repeats a signal within this time
    cli.kill("SIGTERM");
    expect(await ended).toBe(1);
    expect(await answer).toBeInstanceOf(Error);
  });
});

describe("a token in a file", () => {
  it("is taken as soon as the file changes, by the same Envoy, and its price is said", async () => {
    const { pid } = await start();
    gateway!.watch();
    await ask();
    writeFileSync(tokenFile, "second\n");
    await until(() => said.some(line => line.includes("is served")));
    await ask(); // the last one of a connection that began before
    await ask();
    expect(provider.requests.map(({ tokenNumber }) => tokenNumber)).toEqual([1, 1, 2]);
    expect(gateway!.pid).toBe(pid);
    expect(warningsOf(gateway!.config).join("\n")).toMatch(/valueFile.*config_dump/);
  });

  it("that cannot be one changes nothing", async () => {
    await start();
    gateway!.watch();
    writeFileSync(tokenFile, "two words\n");
    await until(() => said.some(line => line.includes("goes on")));
    expect(said.join()).toMatch(/valueFile[^]*a space at position 4/);
    expect(await ask()).toMatch(/^200 /);
  });
});

describe("what the bodies of all workers may take is compared with the machine's memory", () => {
  const limits = { requestBody: 1, parkedBodies: 256 * 2 ** 20, guard: 1 };
  const GiB = 2 ** 30;

  it("and fits", () => expect(memoryWarning({ limits }, 4, GiB)).toEqual([]));
  it("or does not", () =>
    expect(memoryWarning({ limits }, 8, GiB)).toEqual([
      "limits.parkedBodies: 256MiB for each of 8 workers is more than this machine's 1024MiB; 128MiB is not",
    ]));
});

describe("a failure of the system is one sentence", () => {
  it.each([
    ["ENOSPC", "write", undefined, "write: the disk is full: make room, and try again (ENOSPC)."],
    ["EACCES", "open", "/x/y", "/x/y: this user may not do that: try in a directory of your own (EACCES)."],
    ["ENOENT", "mkdtemp", "/x/y", "/x/y: it, or the directory that it is to be in, is not there: make it (ENOENT)."],
    ["EIO", "read", "/x/y", "/x/y: read failed (EIO)."],
  ])("%s", (code, syscall, path, sentence) => {
    expect(sentenceOf(Object.assign(new Error(), { code, syscall, path }))).toBe(sentence);
  });

  it("and our own mistakes are none", () => expect(sentenceOf(new TypeError("x"))).toBeUndefined());
});
