import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { modulePath, toolPath } from "./build-tools.js";
import { documents, documentsIn, kindOf, mistakes, schemasOf, strict, type Fields } from "./strict-schema.js";

const CHART = "deploy/helm/ai-failover";
/** The plain manifests: what helm makes of the chart with these. Written anew with UPDATE_DOCS=1. */
const PLAIN: Record<string, string[]> = {
  "deploy/kubernetes/ai-failover.yaml": [],
  "deploy/kubernetes/autoscaling.yaml": [
    ...["-s", "templates/horizontalpodautoscaler.yaml", "--set", "autoscaling.enabled=true"],
  ],
  "deploy/kubernetes/monitoring.yaml": [
    ...["-s", "templates/podmonitor.yaml", "--set", "podMonitor.enabled=true"],
    ...["-s", "templates/prometheusrule.yaml", "--set", "alerts.enabled=true"],
  ],
};
const HEAD =
  "# helm template ai-failover deploy/helm/ai-failover, for those who have no helm. docs/kubernetes.md says how to use it.\n";

/** All that its values can switch on. */
const EVERYTHING = [
  ...["service.annotations.a=b", "image.digest=sha256:0", "image.pullSecrets={r}", "tokenFilesSecret=t"],
  ...["podLabels.a=b", "podAnnotations.a=b", "nodeSelector.a=b", "autoscaling.enabled=true"],
  ...["autoscaling.callsPerPod=9", "podMonitor.enabled=true", "alerts.enabled=true"],
].flatMap(value => ["--set", value]);

const helm = (...args: string[]): string =>
  execFileSync(toolPath("helm"), [...args, "--kube-version", "1.31.0"], { encoding: "utf8" });
const template = (options: string[]): string => helm("template", "ai-failover", CHART, ...options);

describe("the chart", () => {
  it("is in order for helm lint", () => expect(helm("lint", "--strict", CHART)).toContain("0 chart(s) failed"));

  it.each(Object.entries(PLAIN))("makes %s", (file, options) => {
    const text = template(options);
    if (process.env["UPDATE_DOCS"]) writeFileSync(file, HEAD + text);
    expect(documents(file)).toEqual(documentsIn(text));
  });

  it("serves a configuration of the user's in place of its example, of which nothing is left", () => {
    const file = "envoy/istio/ai-failover.yaml";
    const [map] = documentsIn(template(["-s", "templates/configmap.yaml", "--set-file", `config=${file}`]));
    expect(map!["data"]["ai-failover.yaml"]).toBe(readFileSync(file, "utf8"));
  });

  it.each([
    ["as it is", [], 4],
    ["with all that its values can switch on", EVERYTHING, 7],
  ])("makes what Kubernetes and the Prometheus operator know, %s", async (_, options, count) => {
    const made = documentsIn(template(options));
    expect(made.length).toBeGreaterThan(count);
    const [kubernetes, operator] = [await kubernetesSchemas(), await operatorSchemas()];
    const wrong = (resource: Fields) => {
      const own = operator.get(kindOf(resource));
      return own ? mistakes(own, resource) : wrongIn(kubernetes, resource);
    };
    for (const resource of made) expect([kindOf(resource), wrong(resource)]).toEqual([kindOf(resource), []]);
    // And a slip would be found.
    for (const [kind, spoil] of Object.entries(SLIPS))
      for (const resource of made.filter(each => each["kind"] === kind)) {
        spoil(resource["spec"] as Fields);
        expect([kind, wrong(resource)]).toEqual([
          kind,
          [expect.stringContaining("must NOT have additional properties")],
        ]);
      }
  });
});

const slip = (fields: Fields): void => void Object.assign(fields, { slip: 1 });
const SLIPS: Record<string, (spec: Fields) => void> = {
  Deployment: spec => slip(spec["template"].spec.containers[0] as Fields),
  PodMonitor: spec => slip(spec["podMetricsEndpoints"][0] as Fields),
  PrometheusRule: spec => slip(spec["groups"][0].rules[0] as Fields),
};

it("the resources for Envoy Gateway are what its definitions allow", async () => {
  const crds = join(await modulePath("envoy-gateway"), "charts/gateway-helm/charts/crds/crds");
  const schemas = definitionsIn(crds, [
    ...["backends", "envoypatchpolicies", "envoyproxies"].map(name => `generated/gateway.envoyproxy.io_${name}.yaml`),
    "gatewayapi-crds.yaml",
  ]);
  for (const resource of documents("envoy/envoy-gateway.yaml"))
    expect([kindOf(resource), mistakes(schemas.get(kindOf(resource))!, resource)]).toEqual([kindOf(resource), []]);
});

const definitionsIn = (directory: string, files: string[]): Map<string, object> =>
  schemasOf(
    files.flatMap(file => documents(join(directory, file))).filter(({ kind }) => kind === "CustomResourceDefinition"),
  );

async function operatorSchemas(): Promise<Map<string, object>> {
  const directory = join(await modulePath("prometheus-operator"), "example/prometheus-operator-crd");
  const kinds = ["podmonitors", "prometheusrules"];
  return definitionsIn(
    directory,
    kinds.map(kind => `monitoring.coreos.com_${kind}.yaml`),
  );
}

type Schemas = Record<string, Fields>;

/** Of all kinds of Kubernetes, by the name of the type; a field that is not known is a mistake. */
async function kubernetesSchemas(): Promise<Schemas> {
  const directory = join(await modulePath("kubernetes"), "api/openapi-spec/v3");
  const groups = [
    "api__v1",
    "apis__apps__v1",
    "apis__autoscaling__v2",
    "apis__networking.k8s.io__v1",
    "apis__policy__v1",
  ];
  const all = groups.map(group => {
    const { components } = JSON.parse(readFileSync(join(directory, `${group}_openapi.json`), "utf8")) as Fields;
    return Object.entries(components.schemas as Schemas).map(([name, schema]) => [name, strict(schema)] as const);
  });
  return Object.fromEntries(all.flat());
}

function wrongIn(schemas: Schemas, resource: Fields): string[] {
  const { apiVersion, kind } = resource;
  const [version, group = ""] = (apiVersion as string).split("/").reverse();
  const isIt = ({ "x-kubernetes-group-version-kind": kinds = [] }: Fields) =>
    (kinds as Fields[]).some(each => each["kind"] === kind && each["version"] === version && each["group"] === group);
  const [name] = Object.entries(schemas).find(([, schema]) => isIt(schema))!;
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const validate = ajv.compile({ $ref: `#/components/schemas/${name}`, components: { schemas } });
  return validate(resource) ? [] : validate.errors!.map(error => `${error.instancePath} ${error.message}`);
}
