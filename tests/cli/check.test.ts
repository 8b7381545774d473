import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { check } from "../../cli/commands/check-command.js";
import { render } from "../../cli/commands/render-command.js";
import { colourOf } from "../../cli/colour.js";
import { parseSource } from "../../cli/config/source.js";
import { writePrivate } from "../../cli/render/private-file.js";
import { DEFAULT_FILE, writeDefaultFile } from "../../cli/run/default-file.js";
import { loadDefault } from "../../cli/run/load-served.js";

const directory = mkdtempSync(join(tmpdir(), "check-"));
const env = { KEY: "sk-1,sk-2,sk-3" };

const text = `
listen: 0.0.0.0:8080
providers:
- {type: qwen, apiTokens: ["\${KEY}"]}
- {type: deepseek, apiTokens: [t], url: http://127.0.0.1:9000/v1}
routes:
- name: aliyun
  modelPredicates: [{matchType: PRE, matchValue: qwen-}, {matchType: EQUAL, matchValue: gpt-4}]
  upstreams: [{provider: qwen}]
  fallbackConfig: {upstreams: [{provider: deepseek, modelMapping: {"*": deepseek-v4-flash}}]}
- {name: rest, upstreams: [{provider: deepseek, weight: 1}, {provider: qwen, weight: 2}]}
`;

it("a good file is answered with what it serves", () => {
  const file = join(directory, "good.yaml");
  writeFileSync(file, text, { mode: 0o600 });
  expect(check(file, env)).toEqual([
    `ok  ${file}`,
    "",
    "ROUTE   MODELS         UPSTREAMS               FALLBACK",
    "aliyun  qwen-*, gpt-4  qwen                    deepseek as deepseek-v4-flash",
    "rest    all            deepseek (1), qwen (2)  -",
    "",
    "PROVIDER  TOKENS    ADDRESS",
    "qwen      3 tokens  https://dashscope.aliyuncs.com:443",
    "deepseek  1 token   http://127.0.0.1:9000",
    "",
    expect.stringContaining("beyond loopback"),
  ]);
});

it("each rule about failed answers is shown with what it does, those of a provider first", () => {
  const file = join(directory, "rules.yaml");
  const rules =
    "\nrules:\n  - { status: [400, 4xx], contains: teapot, then: return }\n  - { cause: caller, out: nobody }\n";
  const own =
    "providers:\n  - { type: qwen, apiTokens: [k], rules: [{ code: 1113, then: next-token, out: token, for: 10m }] }";
  writeFileSync(file, own + rules, { mode: 0o600 });
  const shown = check(file, env);
  const from = shown.findIndex(line => line.startsWith("RULE FOR"));
  expect(shown.slice(from, from + 4)).toEqual([
    "RULE FOR        ANSWERS                            THEN        OUT",
    "qwen            code 1113                          next-token  token for 600s",
    'every provider  400, 4xx, "teapot" in the message  return      as usual',
    "every provider  cause caller                       as usual    nobody",
  ]);
});

it("what a name holds that would steer the terminal is escaped", () => {
  const file = join(directory, "steering.yaml");
  const rule = 'rules: [{ contains: "\\e[2J\\u202e", then: return }]';
  writeFileSync(file, `providers: [{ type: qwen, apiTokens: [k], models: ["m\u202e"], ${rule} }]`, { mode: 0o600 });
  const shown = check(file, env).join("\n");
  expect(shown).toContain('"\\u001b[2J\\u202e" in the message');
  expect(shown).toContain("m\\u202e");
});

it("a bad file is answered with its mistakes", () => {
  const file = join(directory, "bad.yaml");
  writeFileSync(file, text.replaceAll("provider: qwen", "provider: qwem"));
  expect(() => check(file, env)).toThrow(/^2 mistakes in .*bad\.yaml\n/);
});

it.each([
  ["a typed token", "{type: qwen, apiTokens: [t]}", true],
  ["a typed token with a name", "{type: qwen, apiTokens: [{name: a, value: t}]}", true],
  ["half a variable", '{type: qwen, apiTokens: ["sk-${KEY}"]}', true],
  ["a client's key", '{type: qwen, apiTokens: ["${KEY}"]}]\nclientKeys: [{name: a, value: a-key-of-a-client}', true],
  ["a variable", '{type: qwen, apiTokens: ["${KEY}"]}', false],
  ["a file's name", "{type: qwen, apiTokens: [{valueFile: good.yaml}]}", false],
  [
    "a key's SHA-256",
    `{type: ollama, url: "http://[::1]"}]\nclientKeys: [{name: a, sha256: ${"0a".repeat(32)}}`,
    false,
  ],
])("a file that others can read is warned of where it holds a secret: %s", (_, provider, secret) => {
  const file = join(directory, "open.yaml");
  writeFileSync(join(directory, "good.yaml"), "sk-1");
  writeFileSync(file, `providers: [${provider}]\n`);
  for (const [mode, open] of [
    [0o640, true],
    [0o604, true],
    [0o600, false],
  ] as const) {
    chmodSync(file, mode);
    const warned = check(file, env).filter(line => line.endsWith(`chmod 600 "${file}"`));
    expect([mode, warned.length]).toEqual([mode, secret && open ? 1 : 0]);
  }
});

const renderIt = (name: string, env: NodeJS.ProcessEnv) => {
  const { text, notes } = render(name, { envoyVersion: "1.40", wasm: "m.wasm" }, env);
  return [text, ...notes];
};

it.each([
  ["check", check],
  ["render", renderIt],
])("%s needs no secret, and names those that are missing", (_, command) => {
  const file = join(directory, "elsewhere.yaml");
  writeFileSync(file, `clientKeys: [{name: a, value: "\${TEAM}"}]\n${text}`);
  const said = (env: NodeJS.ProcessEnv) => command(file, env).join("\n");
  const missing = "Not set here, and needed where the gateway runs: ";
  expect(said({ TEAM: "a-key-of-a-client" })).toContain(`${missing}KEY.`);
  expect(said({ TEAM: "a-key-of-a-client", KEY: "" })).toContain(`${missing}KEY.`);
  expect(said({})).toContain(`${missing}KEY, TEAM.`);
  if (command === check) expect(said({})).toMatch(/^qwen +not set /m);
  expect(() => command(file, { KEY: "sk 1", TEAM: "a-key-of-a-client" })).toThrow("${KEY} holds a space");
  expect(said({ KEY: "sk-1", TEAM: "a-key-of-a-client" })).not.toMatch(/sk-1|Not set/);
});

it.each([
  ["check", check],
  ["render", renderIt],
])("%s needs every other variable", (_, command) => {
  const file = join(directory, "place.yaml");
  writeFileSync(file, 'providers: [{type: openai, url: "${PLACE}", models: [a], apiTokens: ["${KEY}"]}]\n');
  expect(() => command(file, {})).toThrow("set the environment variable PLACE");
});

it.runIf(process.platform === "linux")("too little memory for a module is one sentence with the remedy", () => {
  const file = join(directory, "memory.yaml");
  writeFileSync(file, "providers: [{type: qwen, apiTokens: [t]}]\n");
  const command = `ulimit -v 6000000; exec "$0" build/node/cli/main.js check "${file}"`;
  const { status, stderr } = spawnSync("/bin/sh", ["-c", command, process.execPath], { encoding: "utf8" });
  expect([status, stderr]).toEqual([
    1,
    "error  There is too little memory for a WebAssembly module: raise the limit of this shell (ulimit -v).\n",
  ]);
});

it.runIf(process.platform === "linux")(
  "too few open files are one sentence with the remedy, also while the tool is read",
  () => {
    const file = join(directory, "files.yaml");
    writeFileSync(file, "providers: [{type: qwen, apiTokens: [t]}]\n");
    const command = `ulimit -n 28; exec "$0" bin/ai-failover.mjs check "${file}"`;
    const { status, stderr } = spawnSync("/bin/sh", ["-c", command, process.execPath], { encoding: "utf8" });
    expect([status, stderr]).toEqual([
      1,
      "error  Too many files are open: raise the limit of this shell (ulimit -n).\n",
    ]);
  },
);

it("colours go to terminals only", () => {
  expect(colourOf({ isTTY: true }, {}).good("ok")).toBe("\u001b[32mok\u001b[0m");
  expect(colourOf({ isTTY: true }, { NO_COLOR: "1" }).good("ok")).toBe("ok");
  expect(colourOf({}, {}).good("ok")).toBe("ok");
});

it("a file that may hold a token is for its owner alone, also when it was open before", () => {
  const file = join(directory, "envoy.yaml");
  writeFileSync(file, "", { mode: 0o644 });
  writePrivate(file, "x");
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("a disk that is full is met at a file that is named", () => {
  const file = join(directory, "mine.yaml");
  writeFileSync(file, "providers: [{type: openai, url: 'http://127.0.0.1:9', models: [a], apiTokens: [t]}]\n");
  // No file may hold a byte: the same for Node as no room.
  const script = 'ulimit -f 0; exec "$0" "$@" -o rendered.yaml';
  const args = ["-c", script, process.execPath, resolve("bin/ai-failover.mjs"), "render", file];
  const { stderr } = spawnSync("/bin/sh", args, { cwd: directory, encoding: "utf8" });
  expect(stderr).toContain("rendered.yaml: write failed (EFBIG).");
});

it.each([
  [
    "check",
    /^ok {2}ai-failover.yaml[^]*qwen +1 token[^]*needed where the gateway runs: DEEPSEEK_API_KEY, OPENAI_API_KEY\.\n"npm start" leaves out/,
    "",
  ],
  [
    "render",
    /host_env_keys: \[DASHSCOPE_API_KEY, DEEPSEEK_API_KEY, OPENAI_API_KEY\]/,
    "Not set here, and needed where the gateway runs: DEEPSEEK_API_KEY, OPENAI_API_KEY.\n",
  ],
])("%s finds no mistake in the file of a first start, whichever keys are set", (command, expected, note) => {
  writeDefaultFile(join(directory, DEFAULT_FILE));
  const keys = { DASHSCOPE_API_KEY: "sk-a", DEEPSEEK_API_KEY: "", OPENAI_API_KEY: "" };
  const { stdout, stderr } = spawnSync(process.execPath, [resolve("bin/ai-failover.mjs"), command], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, ...keys },
  });
  expect(stderr).toBe(note);
  expect(stdout).toMatch(expected);
});

it("to serve the file of a first start only tokens may lack", async () => {
  const text = 'providers: [{type: qwen, apiTokens: ["${KEY}"]}]\nclientKeys: [{name: a, value: "${TEAM}"}]\n';
  const source = parseSource(text, DEFAULT_FILE, directory);
  const serve = (env: NodeJS.ProcessEnv) => loadDefault(source, env, () => Promise.reject(new Error("a demo")));
  await expect(serve({})).rejects.toThrow("set the environment variable TEAM");
  await expect(serve({ TEAM: "a-key-of-a-client" })).rejects.toThrow("a demo");
});

const RESOURCES = `
apiVersion: v1
kind: Service
metadata: {name: shop}
---
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {name: first}
spec:
  matchRules:
  - {ingress: [a], config: {provider: {type: qwen, apiTokens: [t]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: files}
data:
  ai-failover.yaml: |
    providers: [{type: deepseek, apiTokens: [t], models: [m]}]
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: second}
spec:
  configPatches:
  - patch:
      value:
        typed_config:
          config:
            root_id: ai-failover-gateway
            configuration: {value: '{"role": "gateway", "providers": [{"id": "x", "type": "qwen", "apiTokens": ["t"]}]}'}
`;

it("every document of a file is checked, and those that are none of ours are named", () => {
  const file = join(directory, "resources.yaml");
  writeFileSync(file, RESOURCES);
  const said = check(file, env);
  expect(said.filter(line => line.startsWith("ok"))).toEqual([
    `ok  ${file}  WasmPlugin first  WasmPlugin, 1 rule`,
    `ok  ${file}  ConfigMap files`,
    `ok  ${file}  EnvoyFilter second  plugin configuration`,
  ]);
  expect(said.at(-1)).toBe("Not looked at: Service shop.");
});

it("the mistakes of all documents are told, each with the document and the place where it stands", () => {
  const file = join(directory, "resources-bad.yaml");
  const slip = (text: string) => text.replaceAll("qwen", "qwenn").replace("deepseek", "deepseak");
  writeFileSync(file, slip(RESOURCES));
  const lines = RESOURCES.split("\n");
  const at = (what: string) => lines.findIndex(line => line.includes(what)) + 1;
  expect(() => check(file, env)).toThrow(/^3 mistakes in /);
  for (const place of [
    `${at("matchRules") + 1}:40  WasmPlugin first  spec.matchRules[0].config.provider.type`,
    `${at("ai-failover.yaml")}:3  ConfigMap files  data.ai-failover.yaml.providers[0].type`,
    `${at("configuration:")}:29  EnvoyFilter second  spec.configPatches[0].patch.value.typed_config.config.configuration.value.providers[0].type`,
  ])
    expect(() => check(file, env)).toThrow(`${file}:${place}`);
});

it.each([
  ["a file without anything of ours", "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n", "Service shop"],
  ["several of them", "kind: McpBridge\n---\nkind: Ingress\n", "found    McpBridge, Ingress"],
  ["a second document that is no YAML", "providers: [{type: qwen, apiTokens: [t]}]\n---\n{", ":3:2"],
])("%s is a mistake", (_, text, found) => {
  const file = join(directory, "odd.yaml");
  writeFileSync(file, text);
  expect(() => check(file, env)).toThrow(found);
});
