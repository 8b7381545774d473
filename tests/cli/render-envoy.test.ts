import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { renderEnvoy, renderRunFiles } from "../../cli/render/render-envoy.js";
import { writeIdleModule } from "./idle-module.js";

// A path with a space: what is rendered must quote it.
const directory = join(mkdtempSync(join(tmpdir(), "render-")), "with space");
const wasm = join(directory, "idle.wasm");
const env = { ...process.env, A: "sk-a" };

const providers = [
  { type: "qwen", apiTokens: ["${A}", "sk-typed"] },
  { type: "deepseek", apiTokens: ["${A}"], url: "http://127.0.0.1:9000/v1" },
  { type: "openai", apiTokens: ["${A}"], url: "https://[::1]:9001/v1", messagesUrl: "https://claude.example/v1" },
];
const config = resolveConfig(sourceOf({ providers }, "test"), env);

async function validate(version: string, file: string): Promise<string> {
  const { path } = await findEnvoy({ version });
  const envoy = execFileSync(path, ["--mode", "validate", "-l", "warning", "-c", file], { env, stdio: "pipe" });
  return envoy.toString();
}

beforeAll(() => {
  mkdirSync(directory);
  return writeIdleModule(wasm);
});

describe("Envoy itself accepts what is rendered for it", () => {
  it.each(["1.40.0", "1.38.2", "1.36.4"])("%s, one file", async envoyVersion => {
    const file = join(directory, `envoy-${envoyVersion}.yaml`);
    writeFileSync(file, renderEnvoy(config, { wasm, envoyVersion }));
    expect(await validate(envoyVersion, file)).toContain("OK");
  });

  it("1.40.0, the main file of run", async () => {
    const files = renderRunFiles(config, { wasm }, directory);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    expect(await validate("1.40.0", join(directory, "envoy.yaml"))).toContain("OK");
  });

  it("1.36.4 does not know the retry mode of 1.40", async () => {
    const file = join(directory, "wrong.yaml");
    writeFileSync(file, renderEnvoy({ ...config, admin: { host: "127.0.0.1", port: 9901 } }, { wasm }));
    await expect(validate("1.36.4", file)).rejects.toThrow("refresh_cluster_on_retry");
  });
});
