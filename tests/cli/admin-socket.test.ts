/** Envoy's admin interface: for the user of the gateway, and nobody else on the machine. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { renderEnvoy } from "../../cli/render/render-envoy.js";
import { Gateway } from "../../cli/run/gateway.js";
import { connectionsFor, openFileLimit, openFileNotes } from "../../cli/run/open-files.js";
import { freePorts, launch, until, type Host } from "../envoy/running-gateway.js";
import { writeIdleModule } from "./idle-module.js";

const directory = mkdtempSync(join(tmpdir(), "admin-"));
const wasm = join(directory, "idle.wasm");
const file = join(directory, "my.yaml");
const said: string[] = [];
let gateway: Gateway | undefined;
let host: Host | undefined;
let ports: number[];

beforeAll(() => writeIdleModule(wasm));
afterEach(async () => {
  await gateway?.stop();
  await host?.stop();
  gateway = host = undefined;
});

const write = (model: string, more = "") =>
  writeFileSync(
    file,
    `listen: 127.0.0.1:${ports[0]}
status: {listen: "127.0.0.1:${ports[1]}"}
providers: [{type: openai, url: "http://127.0.0.1:9/v1", models: [${model}], apiTokens: [sk-typed]}]
${more}`,
  );

async function start(envoyVersion?: string): Promise<Gateway> {
  ports = await freePorts(2);
  write("a-model");
  const say = (line: string) => void said.push(line);
  return (gateway = await Gateway.start({ config: file, wasm, concurrency: 1, drain: 0, envoyVersion, say }));
}

const isReady = () =>
  fetch(`http://127.0.0.1:${ports[1]}/ready`).then(
    answer => answer.ok,
    () => false,
  );

const ask = (socketPath: string, path: string, method = "GET"): Promise<number | undefined> =>
  new Promise((done, failed) => {
    request({ socketPath, path, method }, answer => done(answer.resume().statusCode))
      .once("error", failed)
      .end();
  });

describe.each(["1.40.0", "1.38.2", "1.36.4"])("on Envoy %s", version => {
  it("the gateway uses a socket that only its user can open: /metrics and edits work", async () => {
    const { admin } = await start(version);
    const { socket } = admin as { socket: string };
    expect(statSync(socket).isSocket()).toBe(true);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o700);
    expect(await ask(socket, "/config_dump")).toBe(200);
    const metrics = await fetch(`http://127.0.0.1:${ports[1]}/metrics`);
    expect([metrics.status, (await metrics.text()).includes("envoy_server_live")]).toEqual([200, true]);
    write("another-model");
    expect(await gateway!.reload()).toContain("is served");
  });
});

describe.each([
  ["1.40.0", true],
  ["1.38.2", true],
  ["1.36.4", false],
])("a rendered file for Envoy %s", (version, closes) => {
  const config = (fields: object) =>
    resolveConfig(
      sourceOf(
        {
          ...{ listen: `127.0.0.1:${ports[0]}`, status: { enabled: false } },
          providers: [{ type: "openai", url: "http://127.0.0.1:9/v1", models: ["a"], apiTokens: ["sk-typed"] }],
          ...fields,
        },
        "test",
      ),
      {},
    );

  it(`${closes ? "opens" : "cannot close"} the admin interface but for /ready and /stats`, async () => {
    ports = await freePorts(2);
    const text = renderEnvoy(config({}), { wasm, envoyVersion: version });
    expect(text).toContain("port_value: 9901");
    writeFileSync(join(directory, "envoy.yaml"), text.replace("port_value: 9901", `port_value: ${ports[1]}`));
    const { path } = await findEnvoy({ version, say: () => {} });
    host = await launch(path, directory, ports[1]!, { workers: 1 });
    const status = async (path: string, method = "GET") => (await fetch(`${host!.admin}${path}`, { method })).status;
    expect([await status("/ready"), await status("/stats/prometheus")]).toEqual([200, 200]);
    expect(await status("/config_dump")).toBe(closes ? 403 : 200);
    if (closes) expect(await status("/quitquitquit", "POST")).toBe(403);
  });

  it("has the whole interface where the configuration names its address", () => {
    const named = renderEnvoy(config({ admin: "127.0.0.1:9902" }), { wasm, envoyVersion: version });
    expect(named).toContain("port_value: 9902");
    expect(named).not.toContain("allow_paths");
  });
});

describe("run files that somebody has removed", () => {
  it("are written again, and the edit is served", async () => {
    const { admin, pid } = await start();
    const { socket } = admin as { socket: string };
    rmSync(join(socket, ".."), { recursive: true });
    write("third-model");
    expect(await gateway!.reload()).toMatch(/is served|nothing to change/);
    expect(gateway!.pid).not.toBe(pid);
    expect(said).toContainEqual(expect.stringMatching(/what Envoy reads was removed/));
    write("fourth-model");
    expect(await gateway!.reload()).toContain("is served");
  });

  it("are there for an Envoy that is started again after its death", async () => {
    const { admin, pid } = await start();
    rmSync(join((admin as { socket: string }).socket, ".."), { recursive: true });
    process.kill(pid!, "SIGKILL");
    await until(async () => gateway!.pid !== pid && (await isReady()));
  });
});

describe("an order to read the file again", () => {
  it("is followed by a reading that begins after it; those that wait become one", async () => {
    await start();
    said.length = 0;
    const edits = ["b", "c", "d", "e", "f"];
    for (const model of edits) {
      write(`${model}-model`);
      gateway!.readAgain();
    }
    await until(() => said.some(line => line.includes("is served")));
    write("last-model");
    gateway!.readAgain();
    await until(() => said.filter(line => line.includes("is served")).length >= 2);
    expect(gateway!.config.providers[0]!.models).toEqual(["last-model"]);
    expect(said.length).toBeLessThan(edits.length + 1);
    // While a reading is under way, which has read the file already.
    write("before-model");
    gateway!.readAgain();
    await new Promise(done => setImmediate(done));
    write("after-model");
    gateway!.readAgain();
    await until(() => gateway!.config.providers[0]!.models[0] === "after-model");
  });

  it("is none any more when the gateway has stopped", async () => {
    const stopped = await start();
    await stopped.stop();
    gateway = undefined;
    said.length = 0;
    stopped.readAgain();
    await new Promise(done => setTimeout(done, 100));
    expect(said).toEqual([]);
  });
});

describe("connections fit into the limit of open files", () => {
  it.runIf(process.platform === "linux")("in what Envoy reads", async () => {
    const limit = (files: number) => execFileSync("prlimit", ["--pid", String(process.pid), `--nofile=${files}:`]);
    const before = openFileLimit();
    limit(1024);
    const { admin } = await start().finally(() => limit(before));
    const text = readFileSync(join((admin as { socket: string }).socket, "../envoy.yaml"), "utf8");
    expect(text).toContain("max_active_downstream_connections: 384\n");
    expect(gateway!.notes).toContainEqual(expect.stringContaining("At most 384 clients"));
  });

  it.each([
    [1024, 384],
    [4096, 1920],
    [1_048_576, 10_000],
    [NaN, 10_000],
    [100, 16],
  ])("%d files: %d connections", (files, connections) => {
    expect(connectionsFor(files)).toBe(connections);
    expect(openFileNotes(files).length).toBe(connections < 2_000 ? 1 : 0);
  });
});
