import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { documents, kindOf, mistakes, schemasOf, type Fields } from "../platforms/strict-schema.js";

/** With the checksum that Go's database has of it. */
const ISTIO = { module: "istio.io/api@v1.32.0", sum: "h1:37mJvg9I0biYZAEQF+MATs4FNeCpXEIVO3LFpVb6iNM=" };

/** The schema of each resource of Istio; undefined without Go or a network. */
async function istioSchemas(): Promise<Map<string, object> | undefined> {
  const downloaded = await promisify(execFile)("go", ["mod", "download", "-json", ISTIO.module]).catch(() => undefined);
  if (downloaded === undefined) return undefined;
  const { Dir, Sum } = JSON.parse(downloaded.stdout) as { Dir: string; Sum: string };
  expect(Sum).toBe(ISTIO.sum);
  return schemasOf(documents(join(Dir, "kubernetes/customresourcedefinitions.gen.yaml")));
}

/** What we use of Higress's resources: its definitions are in no package. */
const list = (properties: object): object => ({ type: "array", items: fields(properties) });
const fields = (properties: object): object => ({ type: "object", properties, additionalProperties: false });
const texts = { type: "array", items: { type: "string" } };
const text = { type: "string" };
const HIGRESS: Record<string, object> = {
  "extensions.higress.io/v1alpha1 WasmPlugin": fields({
    url: text,
    phase: { enum: ["UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"] },
    priority: { type: "integer" },
    failStrategy: { enum: ["FAIL_CLOSE", "FAIL_OPEN"] },
    vmConfig: fields({ env: list({ name: text, value: text, valueFrom: { enum: ["INLINE", "HOST"] } }) }),
    defaultConfig: { type: "object" },
    matchRules: list({ config: { type: "object" }, service: texts, ingress: texts, domain: texts }),
  }),
  "networking.higress.io/v1 McpBridge": fields({
    registries: list({ type: text, name: text, domain: text, port: { type: "integer" }, protocol: text, sni: text }),
  }),
};

describe("the resources are what their platform's schema allows", () => {
  it("of Istio", async context => {
    const schemas = await istioSchemas();
    if (schemas === undefined) return context.skip();
    const resources = documents("envoy/envoyfilter.yaml");
    expect(resources.length).toBeGreaterThan(5);
    for (const resource of resources) {
      const schema = schemas.get(kindOf(resource))!;
      expect([kindOf(resource), mistakes(schema, resource)]).toEqual([kindOf(resource), []]);
    }
    // And the schema is a strict one: a slip would be found, and so would a limit of 0.
    const route = resources.find(({ kind }) => kind === "VirtualService")!;
    Object.assign(route["spec"].http[0] as Fields, { timeout: "0s" });
    expect(mistakes(schemas.get(kindOf(route))!, route)).toEqual([expect.stringContaining("/http/0/timeout ")]);
    Object.assign(route["spec"].http[0] as Fields, { timeout: "1s", tiemout: "1s" });
    expect(mistakes(schemas.get(kindOf(route))!, route)).toEqual([expect.stringContaining("additional properties")]);
  }, 120_000);

  it("of Higress", () => {
    const resources = ["envoy/wasmplugin.yaml", "envoy/higress-services.yaml"].flatMap(documents);
    const ours = resources.filter(resource => String(resource["apiVersion"]).includes("higress.io"));
    expect(ours.map(kindOf).sort()).toEqual(Object.keys(HIGRESS).sort());
    for (const resource of ours)
      expect([kindOf(resource), mistakes(HIGRESS[kindOf(resource)]!, resource)]).toEqual([kindOf(resource), []]);
  });
});
