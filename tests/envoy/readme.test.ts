import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_TEXT } from "../../cli/run/default-file.js";
import { freePorts, until } from "./running-gateway.js";

const README = readFileSync("README.md", "utf8");

/** The code blocks of one language below a heading, in their order. */
function blocks(heading: string, language: string): string[] {
  const section = README.split(/^## /m).find(part => part.startsWith(heading));
  if (section === undefined) throw new Error(`README.md has no section "${heading}"`);
  return [...section.matchAll(new RegExp("^```" + language + "\\n(.*?)^```", "gms"))].map(([, code]) => code!);
}

const KEYLESS = { ...process.env, DASHSCOPE_API_KEY: "", DEEPSEEK_API_KEY: "", OPENAI_API_KEY: "" };

/** README.md as a newcomer follows it, in a copy of this checkout; only the ports are other ones. */
describe("README.md, followed line by line", () => {
  let checkout: string;
  let port: number;
  let gateway: ChildProcess;
  let said = "";

  /** Runs a block that ends in `npm start` until the gateway is ready. */
  async function start(code: string): Promise<void> {
    expect(code).toMatch(/^npm start$/m);
    said = "";
    gateway = spawn("bash", ["-c", code.replace(/^npm start$/m, "exec $&")], {
      cwd: checkout,
      env: KEYLESS,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [gateway.stdout!, gateway.stderr!]) stream.on("data", chunk => (said += chunk));
    await until(() => said.includes("Try") || gateway.exitCode !== null, 60_000);
    expect(said).toContain("Try");
  }
  async function stop(): Promise<void> {
    if (gateway.exitCode !== null) return;
    const gone = new Promise(done => gateway.once("exit", done));
    gateway.kill("SIGTERM");
    await gone;
  }

  const here = (code: string) => code.replaceAll("localhost:8080", `127.0.0.1:${port}`);
  const sh = (code: string) =>
    execFileSync("bash", ["-euo", "pipefail", "-c", here(code)], {
      cwd: checkout,
      encoding: "utf8",
      env: KEYLESS,
    });
  const curl = (code: string) => sh(code.replace("curl ", "curl -sS -i "));
  const edit = (change: (text: string) => string) => {
    const file = join(checkout, "ai-failover.yaml");
    writeFileSync(file, change(readFileSync(file, "utf8")));
  };

  beforeAll(async () => {
    checkout = join(mkdtempSync(join(tmpdir(), "ai-failover-readme-")), "a checkout");
    for (const file of execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" }).split("\0").filter(Boolean)) {
      mkdirSync(dirname(join(checkout, file)), { recursive: true });
      cpSync(file, join(checkout, file));
    }
    // What the first start would get from the network, or build.
    symlinkSync(join(process.cwd(), "node_modules"), join(checkout, "node_modules"));
    for (const built of ["build/node", "build/ai-failover.wasm", "build/console"])
      for (const file of [built, `${built}.stamp`]) cpSync(file, join(checkout, file), { recursive: true });
    mkdirSync(join(checkout, ".cache"));
    symlinkSync(join(process.cwd(), ".cache", "envoy"), join(checkout, ".cache", "envoy"));

    const [listen, admin, status] = await freePorts(3);
    port = listen!;
    const file = `${DEFAULT_TEXT.replace("127.0.0.1:8080", `127.0.0.1:${port}`)}
admin: 127.0.0.1:${admin}
status: { listen: "127.0.0.1:${status}" }
`;
    writeFileSync(join(checkout, "ai-failover.yaml"), file, { mode: 0o600 });
    await start(blocks("Two commands", "sh")[0]!);
  });
  afterAll(async () => {
    await stop();
    rmSync(dirname(checkout), { recursive: true, force: true });
  });

  it("answers the curl line, and tells how the answer came about", () => {
    const answer = curl(blocks("Point a client at it", "sh")[0]!);
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).toMatch("Hello from qwen, model qwen-turbo");
    const told = README.match(/^x-ai-failover-[a-z]+(?=: )/gm)!;
    expect(told.length).toBeGreaterThan(3);
    for (const name of told) expect(answer).toContain(`${name}: `);
  });

  it("lists the models that the file of a first start names", async () => {
    const list = (await (await fetch(`http://127.0.0.1:${port}/v1/models`)).json()) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual(expect.arrayContaining(["qwen-turbo", "deepseek-v4-flash"]));
  });

  it("answers the official client's lines", () => {
    const file = join(checkout, "client.mjs");
    writeFileSync(file, here(blocks("Point a client at it", "js")[0]!));
    expect(execFileSync("node", [file], { cwd: checkout, encoding: "utf8" })).toMatch("Hello from qwen");
  });

  const ask = () => curl(blocks("Point a client at it", "sh")[0]!);
  const demo = blocks("See it fail over in a terminal", "sh").flatMap(code => code.trim().split("\n"));

  it("falls back to the other model, once the fallback is on and every token of qwen is broken", async () => {
    edit(text => text.replace("enabled: false", "enabled: true"));
    await until(() => said.includes("was read again"));
    expect(demo[0]).toBe("npx ai-failover demo set qwen 401");
    sh(demo[0]!);
    expect(ask()).toMatch("Hello from deepseek, model deepseek-v4-flash");
  });

  it("goes on with a good token, and answers from qwen every time", async () => {
    sh(demo[1]!);
    await until(() => ask().includes("qwen/demo-1;status=200"), 30_000); // a check has found it
    sh(demo[2]!);
    const qwen = () => {
      const answer = ask();
      expect(answer).toMatch("Hello from qwen");
      return answer.includes("qwen/demo-1;");
    };
    await until(qwen, 30_000); // one of three tokens, by chance
    expect(Array.from({ length: 20 }, qwen)).not.toContain(true);
  });

  it("tries each token of qwen, then streams from DeepSeek", () => {
    sh(demo[0]!);
    const streamed = blocks("Point a client at it", "sh")[0]!.replace('{"model"', '{"stream": true, "model"');
    const answer = curl(streamed.replace("curl ", "curl -N "));
    expect(answer).toMatch(/qwen\/demo-[23];status=401.*deepseek\/demo-\d;status=200/);
    expect(answer.match(/^data: .*"delta":\{"content"/gm)!.length).toBeGreaterThan(3);
    expect(answer).toMatch(/data: \[DONE\]\n+$/);
  });

  it("knows every fault and command that it names", () => {
    for (const line of README.match(/`npx ai-failover [^`]+`/g)!.map(code => code.slice(1, -1)))
      if (line.includes(" demo ")) expect(() => sh(line)).not.toThrow();
    const faults = README.match(/More faults to try: (.*?)\. /s)![1]!;
    for (const [, fault] of faults.matchAll(/`([a-z0-9 -]+)`/g))
      sh(`node bin/ai-failover.mjs demo set deepseek ${fault}`);
    sh("npx ai-failover demo reset");
  }, 300_000); // some thirty commands, one after another

  it("shows a configuration that passes its own check", () => {
    const file = join(checkout, "my.yaml");
    writeFileSync(file, blocks("Configuration", "yaml")[0]!);
    const check = execFileSync("npx", ["ai-failover", "check", "my.yaml"], {
      cwd: checkout,
      encoding: "utf8",
      env: { ...process.env, DASHSCOPE_API_KEY: "sk-first,sk-second", DEEPSEEK_API_KEY: "sk-other" },
    });
    expect(check).toMatch(/aliyun/);
  });

  it("starts with real keys: no demo provider, and whoever has none is left out", async () => {
    await stop();
    await start(blocks("Real keys", "sh")[0]!);
    expect(said).toMatch(/qwen +2 tokens +https:\/\/dashscope/);
    expect(said).toMatch(/deepseek +1 token +https:\/\/api.deepseek/);
    expect(said).toContain("openai is left out: OPENAI_API_KEY is not set.");
    expect(said).not.toContain("demo");
  });
});
