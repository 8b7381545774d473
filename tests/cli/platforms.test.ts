import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- schemas and resources of others
type Fields = Record<string, any>;

const documents = (file: string): Fields[] =>
  parseAllDocuments(readFileSync(file, "utf8")).map(document => document.toJS() as Fields);

const ajv = new Ajv({ strict: false, validateFormats: false });
const mistakes = (schema: object, resource: Fields): string[] => {
  const validate = ajv.compile(schema);
  return validate(resource["spec"]) ? [] : validate.errors!.map(error => `${error.instancePath} ${error.message}`);
};

/** With the checksum that Go's database has of it. */
const ISTIO = { module: "istio.io/api@v1.32.0", sum: "h1:37mJvg9I0biYZAEQF+MATs4FNeCpXEIVO3LFpVb6iNM=" };

/** The schema of each resource of Istio, by its version and kind; undefined without Go or a network. */
async function istioSchemas(): Promise<Map<string, object> | undefined> {
  const downloaded = await promisify(execFile)("go", ["mod", "download", "-json", ISTIO.module]).catch(() => undefined);
  if (downloaded === undefined) return undefined;
  const { Dir, Sum } = JSON.parse(downloaded.stdout) as { Dir: string; Sum: string };
  expect(Sum).toBe(ISTIO.sum);
  const definitions = documents(join(Dir, "kubernetes/customresourcedefinitions.gen.yaml"));
  return new Map(
    definitions.flatMap(({ spec: { group, names, versions } }) =>
      (versions as Fields[]).map(({ name, schema }) => [
        `${group}/${name} ${names.kind}`,
        strict((schema as Fields)["openAPIV3Schema"].properties.spec as Fields),
      ]),
    ),
  );
}

/** A cluster drops the fields that it does not know without a word: here they are mistakes. */
function strict(schema: Fields): Fields {
  const { properties, items, "x-kubernetes-validations": rules = [] } = schema;
  const isDuration = (rules as Fields[]).some(({ rule }) => rule === "duration(self) >= duration('1ms')");
  return {
    ...schema,
    ...(isDuration && { pattern: "[1-9]" }),
    ...(items && { items: strict(items as Fields) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties as Fields).map(([k, v]) => [k, strict(v as Fields)])),
      additionalProperties: schema["x-kubernetes-preserve-unknown-fields"] === true,
    }),
  };
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

const kindOf = ({ apiVersion, kind }: Fields): string => `${apiVersion} ${kind}`;

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
