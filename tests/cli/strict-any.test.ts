import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { renderEnvoy } from "../../cli/render/render-envoy.js";
import { renderTarget } from "../../cli/render/render-targets.js";
import { parts, renderPart, type Part } from "../../cli/render/render-parts.js";

/**
 * Fields of Envoy that hold a google.protobuf.Any. Envoy takes one without a type for nothing; control planes in Go
 * (Istio, Envoy Gateway) refuse it, and the whole resource with it.
 */
const ANY = new Set(["typed_config", "configuration"]);

/** Fields that hold a map of them. */
const MAPS_OF_ANY = new Set(["typed_per_filter_config", "typed_extension_protocol_options"]);

/** The field is an Any only in messages of this type. */
const ANY_IN: Record<string, string> = { config: "envoy.config.route.v3.FilterConfig" };

/** The places of every Any that does not say what it is. */
function untyped(value: unknown, path = "", isAny = false): string[] {
  if (typeof value !== "object" || value === null) return [];
  const type = (value as Record<string, unknown>)["@type"];
  const named = typeof type === "string" && type.startsWith("type.googleapis.com/");
  const wrong = isAny && !named ? [path] : [];
  const inside = Object.entries(value).flatMap(([key, member]) => {
    const at = `${path}/${key}`;
    if (!Array.isArray(value) && MAPS_OF_ANY.has(key))
      return Object.entries(member as object).flatMap(([name, any]) => untyped(any, `${at}/${name}`, true));
    return untyped(member, at, ANY.has(key) || String(type).endsWith(ANY_IN[key] ?? " "));
  });
  return [...wrong, ...inside];
}

const FILES = [
  "envoy/envoyfilter.yaml",
  "envoy/envoy-gateway.yaml",
  "envoy/higress-streaming.yaml",
  "envoy/existing/before.yaml",
  "envoy/existing/after.yaml",
];
const env = { DASHSCOPE_API_KEY: "sk-a", DEEPSEEK_API_KEY: "sk-b", PARTNER_API_KEY: "sk-c" };

/** With clusters of its own, which a part may have. */
const existing = resolveConfig(
  sourceOf(parse(readFileSync("envoy/existing/ai-failover.yaml", "utf8")), "existing"),
  env,
);
const whole = resolveConfig(
  sourceOf({ providers: [{ type: "qwen", apiTokens: ["${DASHSCOPE_API_KEY}"] }] }, "whole"),
  env,
);

describe("every Any has a type", () => {
  it.each(["istio", "envoy-gateway"] as const)("in what is rendered for %s, also for an older Envoy", target => {
    for (const envoyVersion of ["1.36", "1.40"]) {
      const text = renderTarget(target, whole, { wasm: "/module.wasm", envoyVersion });
      expect(parseAllDocuments(text).flatMap(document => untyped(document.toJS()))).toEqual([]);
    }
  });

  it.each(FILES)("in %s", file => {
    const documents = parseAllDocuments(readFileSync(file, "utf8")).map(document => document.toJS() as unknown);
    expect(documents.flatMap(document => untyped(document))).toEqual([]);
  });

  it.each(["1.36.4", "1.38.2", "1.40.0"])("in what is rendered for Envoy %s", envoyVersion => {
    const options = { wasm: "/module.wasm", envoyVersion };
    const texts = (Object.keys(parts) as Part[]).map(part => renderPart(part, existing, options));
    for (const text of [...texts, renderEnvoy(whole, options)]) expect(untyped(parse(text))).toEqual([]);
  });

  it("of a FilterConfig, too", () => {
    const type = "type.googleapis.com/envoy.config.route.v3.FilterConfig";
    expect(untyped({ typed_per_filter_config: { it: { "@type": type, config: {} } } })).toEqual([
      "/typed_per_filter_config/it/config",
    ]);
    expect(untyped([{ typed_config: { name: "" } }])).toEqual(["/0/typed_config"]);
  });
});
