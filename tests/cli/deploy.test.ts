import { readFileSync, readdirSync } from "node:fs";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { register } from "../../cli/commands/run-command.js";
import { standIns } from "../../cli/config/expand.js";
import { resolveConfig } from "../../cli/config/load-config.js";
import { parseSource } from "../../cli/config/source.js";

const CHART = "deploy/helm/ai-failover";
/** Made from the chart: tests/platforms/chart.test.ts. */
const PLAIN = ["ai-failover", "autoscaling", "monitoring"].map(name => `deploy/kubernetes/${name}.yaml`);
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- trees of Kubernetes
type Tree = Record<string, any>;
const documents = (text: string): Tree[] =>
  parseAllDocuments(text)
    .map(document => document.toJS() as Tree | null)
    .filter(document => document !== null);
const all = () => PLAIN.flatMap(file => documents(readFileSync(file, "utf8")));
const of = (kind: string): Tree => all().find(document => document["kind"] === kind)!;

describe("the chart", () => {
  const values = parse(readFileSync(`${CHART}/values.yaml`, "utf8")) as Tree;
  const files = readdirSync(`${CHART}/templates`).map(file => readFileSync(`${CHART}/templates/${file}`, "utf8"));
  const used = new Set(files.join("\n").match(/(?<=\.Values\.)[\w.]+/g));

  it("has a value for everything that its templates use", () => {
    const find = (path: string) =>
      path.split(".").reduce<unknown>((tree, key) => (tree as Tree | undefined)?.[key], values);
    expect([...used].filter(path => find(path) === undefined)).toEqual([]);
  });

  it("uses every value", () => {
    const leaves = (tree: unknown, path: string): string[] =>
      used.has(path) || typeof tree !== "object" || tree === null
        ? [path]
        : Object.entries(tree).flatMap(([key, member]) => leaves(member, path === "" ? key : `${path}.${key}`));
    expect(leaves(values, "").filter(path => !used.has(path))).toEqual([]);
  });
});

it("the alert rules are everywhere the same", () => {
  const { groups } = parse(readFileSync("envoy/alerts.yml", "utf8")) as Tree;
  expect((parse(readFileSync(`${CHART}/files/alerts.yml`, "utf8")) as Tree)["groups"]).toEqual(groups);
  expect(of("PrometheusRule")["spec"].groups).toEqual(groups);
});

describe("the plain manifests", () => {
  const pod = (): Tree => of("Deployment")["spec"].template;
  const container = (): Tree => pod()["spec"].containers[0];

  it("are what a cluster needs to run it", () => {
    const kinds = all().map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);
    expect(kinds.sort()).toEqual([
      "apps/v1 Deployment",
      "autoscaling/v2 HorizontalPodAutoscaler",
      "monitoring.coreos.com/v1 PodMonitor",
      "monitoring.coreos.com/v1 PrometheusRule",
      "networking.k8s.io/v1 NetworkPolicy",
      "policy/v1 PodDisruptionBudget",
      "v1 ConfigMap",
      "v1 Service",
    ]);
  });

  it("select the pods that there are", () => {
    const { spec } = of("Deployment");
    const selectors = [
      spec.selector.matchLabels,
      of("Service")["spec"].selector,
      of("PodDisruptionBudget")["spec"].selector.matchLabels,
      of("NetworkPolicy")["spec"].podSelector.matchLabels,
      of("PodMonitor")["spec"].selector.matchLabels,
      pod()["spec"].topologySpreadConstraints[0].labelSelector.matchLabels,
    ];
    for (const selector of selectors) expect(pod()["metadata"].labels).toMatchObject(selector as object);
    expect(of("HorizontalPodAutoscaler")["spec"].scaleTargetRef.name).toBe(of("Deployment")["metadata"].name);
  });

  it("name ports that the pods have", () => {
    const ports = new Map(container()["ports"].map(({ name, containerPort }: Tree) => [name, containerPort]));
    expect(Object.fromEntries(ports)).toEqual({ http: 8080, status: 8002 });
    const named = [
      of("Service")["spec"].ports[0].targetPort,
      of("PodMonitor")["spec"].podMetricsEndpoints[0].port,
      ...of("NetworkPolicy")["spec"].ingress.map(({ ports: [{ port }] }: Tree) => port),
      ...["startupProbe", "readinessProbe", "livenessProbe"].map(probe => container()[probe].httpGet.port),
    ];
    for (const port of named) expect(ports.has(port)).toBe(true);
  });

  it("give the gateway options that it has, and more time to end than it takes", () => {
    const [command, ...args] = container()["args"] as [string, ...string[]];
    const program = new Command();
    register(program);
    expect(program.commands[0]!.name()).toBe(command);
    const options = new Map(args.map(arg => /^(--[a-z-]+)=(.+)$/.exec(arg)!.slice(1) as [string, string]));
    for (const name of options.keys()) expect(program.commands[0]!.options.map(({ long }) => long)).toContain(name);
    const drain = parseInt(options.get("--min-drain")!) + parseInt(options.get("--drain")!);
    expect(pod()["spec"].terminationGracePeriodSeconds).toBeGreaterThan(drain + 3);
  });

  it("hold a configuration that is served, and give each of its variables from a Secret", () => {
    const text = of("ConfigMap")["data"]["ai-failover.yaml"] as string;
    const env: Record<string, string> = standIns(parse(text), {});
    expect(resolveConfig(parseSource(text, "ai-failover.yaml", "."), env).routes.length).toBeGreaterThan(0);
    const given = container()["env"].map(({ name, valueFrom }: Tree) => {
      expect(Object.keys(valueFrom as object)).toEqual(["secretKeyRef"]);
      return String(name);
    });
    expect(given.sort()).toEqual(Object.keys(env).sort());
  });

  it("let the gateway write where it must, and nowhere else", () => {
    expect(container()["securityContext"]).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod()["spec"].securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(pod()["spec"].automountServiceAccountToken).toBe(false);
    const { volumes } = pod()["spec"] as { volumes: Tree[] };
    const empty = volumes.filter(volume => "emptyDir" in volume).map(({ name }) => String(name));
    const writable = container()["volumeMounts"].filter((mount: Tree) => !mount["readOnly"]);
    expect(writable.map(({ name }: Tree) => name).sort()).toEqual(empty.sort());
    expect(writable.map(({ mountPath }: Tree) => mountPath).sort()).toEqual(["/app/.cache", "/tmp"]);
  });
});
