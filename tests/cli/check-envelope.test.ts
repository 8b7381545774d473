import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { envelopeOf } from "../../cli/plugin/envelope.js";
import { pathText } from "../../cli/config/problem.js";

const nothing = () => expect.unreachable();

describe("whose configuration a file holds", () => {
  it.each([
    ["ours", { providers: [] }, null],
    ["ours, empty", {}, null],
    ["Higress's rules", { _rules_: [] }, "plugin configuration"],
    ["Higress's choice of a provider", { providers: [], activeProviderId: "a" }, "plugin configuration"],
    ["Higress's single provider", { provider: {} }, "plugin configuration"],
    ["a resource", { kind: "WasmPlugin", spec: {} }, "WasmPlugin"],
  ])("%s", (_name, value, kind) => expect(envelopeOf(value, nothing)?.kind ?? null).toBe(kind));

  it("to run one of Higress's is refused with what to do, not as a heap of unknown fields", () =>
    expect(() => resolveConfig(sourceOf({ provider: {} }, "h.json"))).toThrow('for Higress: only "check" reads that'));
});

describe("a WasmPlugin becomes what Higress hands to the module", () => {
  const spec = {
    defaultConfig: { provider: { id: "a" } },
    matchRules: [
      { ingress: ["off"], configDisable: true },
      { ingress: ["r"], service: ["s.dns"], config: { provider: { id: "b" } } },
      { domain: ["*.example"], config: {} },
    ],
  };
  const envelope = envelopeOf({ kind: "WasmPlugin", spec }, nothing)!;

  it("with a rule for each that is not disabled", () => {
    expect(envelope.configuration).toEqual({
      provider: { id: "a" },
      _rules_: [
        { _match_route_: ["r"], _match_service_: ["s.dns"], provider: { id: "b" } },
        { _match_domain_: ["*.example"] },
      ],
    });
  });

  it("without the default part when that is disabled", () => {
    const off = envelopeOf({ kind: "WasmPlugin", spec: { ...spec, defaultConfigDisable: true } }, nothing)!;
    expect(Object.keys(off.configuration)).toEqual(["_rules_"]);
  });

  it("and a mistake is shown where it stands in the resource", () => {
    expect(pathText(envelope.place(["_rules_", 0, "provider", "id"]))).toBe("spec.matchRules[1].config.provider.id");
    expect(pathText(envelope.place(["provider", "id"]))).toBe("spec.defaultConfig.provider.id");
    expect(pathText(envelope.place([]))).toBe("spec");
  });

  it("a rule that matches nothing is a mistake", () => {
    const found: string[] = [];
    const rules = { kind: "WasmPlugin", spec: { matchRules: [{ config: {} }, { ingress: ["r"] }] } };
    envelopeOf(rules, path => found.push(pathText(path)));
    expect(found).toEqual(["spec.matchRules[0]"]);
  });
});
