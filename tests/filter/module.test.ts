import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HOST_FUNCTIONS, WASI_FUNCTIONS } from "../host/abi.js";
import { shippedModule } from "../host/proxy-host.js";
import { start } from "./fixture.js";

const module = await shippedModule();

describe("the shipped module", () => {
  it("imports functions only, and none that a stock Envoy lacks", () => {
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      expect(kind).toBe("function");
      expect(from === "env" ? HOST_FUNCTIONS : WASI_FUNCTIONS).toContain(name);
      expect(["env", "wasi_snapshot_preview1"]).toContain(from);
    }
  });

  it("names Higress's ABI before Envoy's, so that each takes its own", () => {
    const markers = WebAssembly.Module.exports(module).filter(({ name }) => name.startsWith("proxy_abi_version"));
    expect(markers.map(({ name }) => name)).toEqual(["proxy_abi_version_0_2_100", "proxy_abi_version_0_2_1"]);
    expect(start({ flavour: "envoy" }).main.vm.abi).toBe("proxy_abi_version_0_2_1");
    expect(start({ flavour: "higress" }).main.vm.abi).toBe("proxy_abi_version_0_2_100");
  });

  it("exports memory, its start, an allocator, and callbacks of the ABI", () => {
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const [markers, rest] = [/^proxy_abi_version/, /^(memory|_initialize|proxy_on_\w+)$/];
    expect(names.filter(name => !markers.test(name) && !rest.test(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["memory", "_initialize", "proxy_on_memory_allocate"]));
  });

  it("is as small as both READMEs say", () => {
    for (const file of ["README.md", "README.zh-CN.md"]) {
      const most = Number(/(\d+) KB/.exec(readFileSync(file, "utf8"))![1]) * 1000;
      expect(statSync("build/ai-failover.wasm").size).toBeLessThan(most);
    }
  });

  it("makes no host call that is not allowed while it starts", () => {
    expect(start({}).process.logs).toEqual([]);
  });

  it("takes its tokens out of the VM's environment", () => {
    const provider = { apiTokens: ["${QWEN_KEYS}"] };
    const options = { tokens: { qwen: 0 }, provider, clusters: { qwen: { status: 200, body: "{}" } } };
    // A first configuration is taken with its mistakes, so that the host's other routes serve; ours answer 503.
    expect(start(options).ask({ body: { model: "m" } }).status).toBe(503);
    const envoy = start({ ...options, environment: { QWEN_KEYS: "sk-1,sk-2" } });
    envoy.ask({ body: { model: "m" } });
    expect(envoy.provider("qwen").seen[0]!.headers["authorization"]).toMatch(/^Bearer sk-[12]$/);
  });

  it("says what is wrong with a configuration, and goes on with the one that runs", () => {
    const envoy = start({ clusters: { qwen: { status: 400, body: '{"error":{"param":"n"}}' } } });
    expect(envoy.update({ gateway: { providers: [{ id: "x", type: "no-such" }] } })).toBe(false);
    expect(envoy.log.join("\n")).toMatch(/error .*providers\[0\]\.type: "no-such"/);
    expect(envoy.ask({ body: { model: "m" } })).toMatchObject({ status: 400, text: '{"error":{"param":"n"}}' });
  });
});
