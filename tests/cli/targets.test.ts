import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import prettier from "prettier";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments, visit } from "yaml";
import { render } from "../../cli/commands/render-command.js";
import type { Mode } from "../../cli/render/render-options.js";
import { renderTarget, targets, type Target } from "../../cli/render/render-targets.js";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";

/** Run with UPDATE_DOCS=1 to write them anew. */
const EXAMPLES: [string, Target, Mode | undefined][] = [
  ["envoy/envoyfilter.yaml", "istio", undefined],
  ["envoy/envoy-gateway.yaml", "envoy-gateway", undefined],
  ["envoy/higress-streaming.yaml", "higress", "hop"],
];
const FILE = "envoy/istio/ai-failover.yaml";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- trees of Kubernetes
type Tree = Record<string, any>;
const documents = (text: string): Tree[] => parseAllDocuments(text).map(document => document.toJS() as Tree);
const rendered = (target: Target, envoyVersion = "1.40", mode?: Mode): string =>
  render(FILE, { target, envoyVersion, mode }, {}).text;
/** Everything that the file's name in the repository has is known, but for the hash of this build of the module. */
const withoutHash = (list: Tree[]): Tree[] =>
  JSON.parse(JSON.stringify(list).replace(/ai-failover-attempts-[0-9a-f]{8}/g, "ai-failover-attempts-0")) as Tree[];

describe.each(EXAMPLES)("%s", (file, target, mode) => {
  it(`is what render --target ${target} writes`, async () => {
    const text = rendered(target, "1.40", mode);
    if (process.env["UPDATE_DOCS"]) {
      const options = await prettier.resolveConfig(file);
      writeFileSync(file, await prettier.format(text, { ...options, parser: "yaml" }));
    }
    expect(withoutHash(documents(readFileSync(file, "utf8")))).toEqual(withoutHash(documents(text)));
  });
});

describe("render --target", () => {
  it.each(Object.keys(targets) as Target[])("%s is YAML also where no token is a variable", target => {
    const providers = [
      { type: "qwen", url: "https://qwen.example.com/v1", models: ["m"], apiTokens: ["a-literal-one"] },
    ];
    const text = renderTarget(target, resolveConfig(sourceOf({ providers }, "test"), {}), { wasm: "/m.wasm" });
    expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([]);
  });

  it.each<[Target, Mode | undefined]>([
    ["istio", undefined],
    ["envoy-gateway", undefined],
    ["higress", undefined],
    ["higress", "hop"],
  ])("%s (mode %s) quotes each name that YAML would take for something else", (target, mode) => {
    const provider = (name: string, scheme: string) => ({
      ...{ id: name, type: "openai", url: `${scheme}://${name}/v1`, models: [name] },
      apiTokens: [`\${${name.toUpperCase()}}`],
    });
    const providers = [
      provider("no", "https"),
      provider("y", "http"),
      provider("null", "https"),
      provider("on", "http"),
    ];
    const config = resolveConfig(sourceOf({ providers }, "test"), { NO: "a", Y: "b", NULL: "c", ON: "d" });
    const text = renderTarget(target, config, { wasm: "/m.wasm", envoyVersion: "1.40", ...(mode && { mode }) });
    const plain: string[] = [];
    const found = new Set<string>();
    for (const document of parseAllDocuments(text))
      visit(document, {
        Scalar(_key, { type, source = "" }) {
          if (!/^(no|y|null|on)$/i.test(source)) return;
          found.add(source);
          if (type === "PLAIN") plain.push(source);
        },
      });
    expect(plain).toEqual([]);
    expect([...found]).toEqual(expect.arrayContaining(["NO", "Y", "NULL", "ON"]));
  });

  it.each(["istio", "envoy-gateway", "higress"] as const)("%s writes resources, and no secret", target => {
    for (const document of documents(rendered(target)))
      expect(document).toMatchObject({
        apiVersion: expect.stringContaining("/") as string,
        kind: expect.any(String) as string,
        metadata: { name: expect.any(String) as string },
      });
    expect(render(FILE, { target, envoyVersion: "1.40" }, { DASHSCOPE_API_KEY: "sk-secret" }).text).not.toContain(
      "sk-",
    );
  });

  it("istio names Istio's clusters, and replaces what it would add by itself", () => {
    const all = documents(rendered("istio"));
    const filter = all.find(({ kind }) => kind === "EnvoyFilter")!;
    const isGateway = ({ patch }: Tree) => patch.operation === "INSERT_BEFORE";
    const gateway = (filter["spec"].configPatches as Tree[]).find(isGateway)!;
    const { config } = gateway["patch"].value.typed_config;
    const { providers } = JSON.parse(config.configuration.value as string) as Tree;
    const hosts = all.filter(({ kind }) => kind === "ServiceEntry").map(({ spec }) => String(spec.hosts[0]));
    expect(providers.map(({ cluster }: Tree) => cluster)).toEqual(hosts.map(host => `outbound|443||${host}`));
    const route = all.find(({ kind }) => kind === "VirtualService")!["spec"].http[0];
    expect([route.name, route.retries]).toEqual(["ai-failover", { attempts: 0 }]);
  });

  it.each(["istio", "envoy-gateway"] as const)("%s adds the listener of attempts for an older Envoy only", target => {
    for (const version of ["1.36", "1.40"])
      expect(rendered(target, version)).toContain("server_listener_name: ai-failover-callouts");
    expect(rendered(target, "1.36")).toContain("server_listener_name: ai-failover-attempts-");
    expect(rendered(target)).not.toContain("ai-failover-attempts-");
  });

  it("envoy-gateway gives its proxies what internal listeners need", () => {
    const proxy = documents(rendered("envoy-gateway")).find(({ kind }) => kind === "EnvoyProxy")!;
    expect(proxy["spec"].bootstrap).toMatchObject({
      type: "JSONPatch",
      jsonPatches: [{ path: "/bootstrap_extensions" }],
    });
  });

  it("two providers at one address are one service of Istio", () => {
    const two =
      "providers: [{id: a, type: openai, models: [a], apiTokens: [t]}, {id: b, type: openai, models: [b], apiTokens: [u]}]\n";
    const file = join(process.cwd(), "build", "two.yaml");
    writeFileSync(file, two);
    const { text } = render(file, { target: "istio", envoyVersion: "1.40" }, {});
    expect(documents(text).filter(({ kind }) => kind === "ServiceEntry")).toHaveLength(1);
  });

  it("istio patches the route of one host only", () => {
    const filter = documents(rendered("istio")).find(({ kind }) => kind === "EnvoyFilter")!;
    const [route] = (filter["spec"].configPatches as Tree[]).filter(({ applyTo }) => applyTo === "HTTP_ROUTE");
    const vhost = { name: "llm.example.com:443", route: { name: "ai-failover" } };
    expect(route!["match"].routeConfiguration).toEqual({ vhost });
  });

  it("higress cannot be in retry mode", () =>
    expect(() => rendered("higress", "1.40", "retry")).toThrow("use mode hop, or none"));

  it("higress leads to the service of the first hop, and the module takes it", () => {
    const plugin = documents(rendered("higress")).find(({ kind }) => kind === "WasmPlugin")!;
    const [rule] = plugin["spec"].matchRules as [Tree];
    expect(rule["config"]).toMatchObject({ role: "gateway", routing: "host" });
    expect(rule["config"].providers[0].cluster).toBe("outbound|443||llm-qwen.internal.dns");
    expect(parse(JSON.stringify(plugin["spec"].vmConfig.env))).toEqual([
      { name: "DASHSCOPE_API_KEY", valueFrom: "HOST" },
      { name: "DEEPSEEK_API_KEY", valueFrom: "HOST" },
    ]);
  });
});
