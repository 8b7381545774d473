import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import prettier from "prettier";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { systemAuthorities } from "../../cli/render/authorities.js";
import { freePorts, launch, until, type Host } from "../envoy/running-gateway.js";
import { paste, plain, renderParts } from "./docs-existing.js";

/** Run with UPDATE_DOCS=1 to write it anew. */
const AFTER = "envoy/existing/after.yaml";
const before = readFileSync("envoy/existing/before.yaml", "utf8");
const config = parse(readFileSync("envoy/existing/ai-failover.yaml", "utf8")) as object;
const HEAD = `# before.yaml with the parts that ai-failover renders from ai-failover.yaml pasted in, for Envoy 1.39 and newer:
# docs/existing-envoy.md says what is pasted where, and why. Written by a test from the parts, and run by another.
`;

const directory = mkdtempSync(join(tmpdir(), "ai-failover-existing-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the example has in places of its own, in places of this test. */
const moved = (text: string): string =>
  text
    .replaceAll("/etc/envoy/tls/", `${directory}/`)
    .replaceAll("/etc/ssl/certs/ca-certificates.crt", systemAuthorities())
    .replaceAll("/etc/envoy/ai-failover.wasm", join(process.cwd(), "build/ai-failover.wasm"));

beforeAll(() => {
  const subject = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"];
  const files = ["-keyout", join(directory, "tls.key"), "-out", join(directory, "tls.crt")];
  execFileSync("openssl", ["req", ...subject, ...files], { stdio: "pipe" });
});

describe("docs/existing-envoy.md", () => {
  it("shows what the parts look like when they are pasted as it says", async () => {
    const document = paste(before, renderParts(config, "/etc/envoy/ai-failover.wasm", "1.40"));
    if (process.env["UPDATE_DOCS"]) {
      const options = await prettier.resolveConfig(AFTER);
      const text = document.toString({ lineWidth: 0 }).replace(/^#.*\n/, "");
      writeFileSync(AFTER, await prettier.format(`${HEAD}${text}`, { ...options, parser: "yaml" }));
    }
    expect(parse(readFileSync(AFTER, "utf8"))).toEqual(plain(document));
  });

  it("shows a configuration that Envoy takes", async () => {
    const file = join(directory, "after.yaml");
    writeFileSync(file, moved(readFileSync(AFTER, "utf8")));
    const { path } = await findEnvoy({ version: "1.40.0", say: () => {} });
    const env = { ...process.env, DASHSCOPE_API_KEY: "sk-a", DEEPSEEK_API_KEY: "sk-b", PARTNER_API_KEY: "sk-c" };
    const said = execFileSync(path, ["--mode", "validate", "-l", "warning", "-c", file], { env, stdio: "pipe" });
    expect(said.toString()).toContain("OK");
  });
});

describe.each(["1.40.0", "1.38.2", "1.36.4"])("parts pasted into an Envoy %s that has routes of its own", version => {
  let host: Host;
  let url: string;
  let adminPort: number;
  let app: DemoProvider;
  let qwen: DemoProvider;
  let partner: DemoProvider;

  beforeAll(async () => {
    const start = (name: string) => startDemoProvider({ name, tokens: ["sk-a", "sk-b", "sk-c"], pace: 60 });
    [app, qwen, partner] = [await start("app"), await start("qwen"), await start("partner")];
    const [port, admin] = (await freePorts(2)) as [number, number];
    adminPort = admin;
    url = `https://localhost:${port}`;
    const here = {
      providers: [
        // Its path does not begin with the route's prefix.
        { type: "qwen", url: qwen.url.replace("/v1", "/compatible-mode/v1"), apiTokens: ["${DASHSCOPE_API_KEY}"] },
        { ...partnerOf(config), url: partner.url },
      ],
      routes: [
        { name: "all", upstreams: [{ provider: "qwen" }], fallbackConfig: { upstreams: [{ provider: "partner" }] } },
      ],
    };
    const parts = renderParts(here, "/etc/envoy/ai-failover.wasm", version);
    const pasted = plain(paste(before, parts)) as Bootstrap;
    pasted.admin.address.socket_address.port_value = admin;
    const listener = pasted.static_resources.listeners.find(({ address }) => address !== undefined)!;
    listener.address = { socket_address: { address: "127.0.0.1", port_value: port } };
    // A host of this name alone: what a hop makes of path and host must find no other route.
    listener.filter_chains[0]!.filters[0]!.typed_config.route_config.virtual_hosts[0]!.domains = [`localhost:${port}`];
    for (const [name, { port }] of [
      ["shop", app],
      ["partner_llm", partner],
    ] as const) {
      const cluster = pasted.static_resources.clusters.find(cluster => cluster.name === name)!;
      Object.assign(cluster, { type: "STATIC" });
      delete cluster["transport_socket"];
      const address = { socket_address: { address: "127.0.0.1", port_value: port } };
      cluster.load_assignment.endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
    }
    writeFileSync(join(directory, "envoy.yaml"), moved(JSON.stringify(pasted)));
    const env = { DASHSCOPE_API_KEY: "sk-a", PARTNER_API_KEY: "sk-c" };
    host = await launch((await findEnvoy({ version, say: () => {} })).path, directory, admin, { workers: 1, env });
  });
  afterAll(async () => {
    await host.stop();
    for (const provider of [app, qwen, partner]) await provider.close();
  });

  /** Node's fetch has no switch for a certificate of one's own. Not awaited by blocking: the demo providers live in here. */
  const ask = async (path: string, ...more: string[]): Promise<string> => {
    const options = ["-sS", "-i", "-m", "10", "--http1.1", "--cacert", join(directory, "tls.crt")];
    return (await promisify(execFile)("curl", [...options, ...more, url + path])).stdout;
  };

  it("rescues a call on the pasted route, also by the cluster that was there", async () => {
    await qwen.set("*", { kind: "status", status: 401 });
    const body = '{"model": "m", "messages": []}';
    const answer = await ask("/v1/chat/completions", "-H", "content-type: application/json", "-d", body);
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).toMatch(
      /x-ai-failover-trail: qwen\/\S+;status=401;cause=credential;ms=\d+, partner\/\S+;status=200/,
    );
  });

  it("streams the rescued stream", async () => {
    await qwen.set("*", "error-in-200");
    const chunks: number[] = [];
    const body = '{"model": "m", "stream": true, "messages": []}';
    const options = ["-sS", "-N", "-m", "10", "--http1.1", "--cacert", join(directory, "tls.crt")];
    const curl = spawn("curl", [
      ...options,
      "-H",
      "content-type: application/json",
      "-d",
      body,
      `${url}/v1/chat/completions`,
    ]);
    curl.stdout.on("data", () => chunks.push(performance.now()));
    await new Promise(done => curl.once("exit", done));
    expect(chunks.at(-1)! - chunks[0]!).toBeGreaterThan(100);
  });

  it("leaves the other routes alone", async () => {
    const answer = await ask("/models", "-H", "authorization: Bearer sk-a");
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).not.toContain("x-ai-failover");
  });

  it("without a variable of ours serves the other routes, and answers 503 on ours", async () => {
    await host.stop();
    host = await launch((await findEnvoy({ version, say: () => {} })).path, directory, adminPort, {
      workers: 1,
      env: {},
    });
    expect(await ask("/models", "-H", "authorization: Bearer sk-a")).toMatch(/^HTTP\/1.1 200/);
    const options = ["-H", "content-type: application/json", "-d", '{"model": "m", "messages": []}'];
    expect(await ask("/v1/chat/completions", ...options)).toMatch(/^HTTP\/1.1 503 [^]*"code":"misconfigured"/);
    // Envoy writes its log every ten seconds.
    if (version === "1.40.0") await until(() => host.log().includes("DASHSCOPE_API_KEY"), 15_000);
  });
});

interface Bootstrap {
  admin: { address: { socket_address: { port_value: number } } };
  static_resources: {
    listeners: {
      address?: { socket_address: object };
      filter_chains: { filters: { typed_config: { route_config: { virtual_hosts: { domains: string[] }[] } } }[] }[];
    }[];
    clusters: { name: string; load_assignment: { endpoints: object[] }; [field: string]: unknown }[];
  };
}

const partnerOf = (value: object): object => {
  const { providers } = value as { providers: { id?: string }[] };
  return providers.find(({ id }) => id === "partner")!;
};
