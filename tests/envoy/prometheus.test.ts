import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { alertRules, dashboardQueries } from "../cli/metric-queries.js";
import { debianTool } from "../debian-tool.js";
import { freePorts, startGateway, until, type Gateway } from "./running-gateway.js";

const promtool = () => debianTool("/usr/bin/promtool", "prometheus", "PROMTOOL");
const directory = mkdtempSync(join(tmpdir(), "prometheus-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the alert rules", () => {
  const rules = alertRules();

  it("and the configuration of Prometheus are well-formed", () => {
    expect(execFileSync(promtool(), ["check", "rules", "envoy/alerts.yml"]).toString()).toContain("SUCCESS");
    expect(execFileSync(promtool(), ["check", "config", "envoy/prometheus.yml"]).toString()).toContain("SUCCESS");
  });

  interface Case {
    alert: string;
    labels: Record<string, string>;
    /** Series, each with its values minute by minute, by which it fires after 40 minutes; and those by which it does not. */
    fires: Record<string, string>;
    quiet: Record<string, string>;
  }
  const chat = '{namespace="llm",pod="a",route="chat"';
  const qwen = '{namespace="llm",pod="a",provider="qwen"';
  const CASES: Case[] = [
    {
      ...{ alert: "AiFailoverNoLiveHop", labels: { severity: "critical", namespace: "llm", route: "chat" } },
      fires: { [`ai_failover_route_out${chat}}`]: "0x30 1x10" },
      quiet: { [`ai_failover_route_out${chat}}`]: "1x38 0x2" },
    },
    {
      ...{ alert: "AiFailoverRequestsFail", labels: { severity: "critical", namespace: "llm", route: "chat" } },
      fires: { [`ai_failover_requests_total${chat},outcome="failed"}`]: "0+1x40" },
      quiet: {
        [`ai_failover_requests_total${chat},outcome="failed"}`]: "7x40",
        [`ai_failover_requests_total${chat},outcome="client-left"}`]: "0+1x40",
        [`ai_failover_requests_total${chat},outcome="returned"}`]: "0+1x40",
      },
    },
    {
      alert: "AiFailoverTokenOut",
      labels: { severity: "warning", namespace: "llm", provider: "qwen", token: "team-a" },
      // Probes try it now and then: half-open is not live.
      fires: { [`ai_failover_token_state${qwen},token="team-a"}`]: "0x5 3 3 1 3 3 3 1 3x30" },
      quiet: { [`ai_failover_token_state${qwen},token="team-a"}`]: "3x20 0 3x20" },
    },
    {
      ...{ alert: "AiFailoverMostlyRescued", labels: { severity: "warning", namespace: "llm", route: "chat" } },
      fires: {
        [`ai_failover_requests_total${chat},outcome="rescued"}`]: "0+6x40",
        [`ai_failover_requests_total${chat},outcome="served"}`]: "0+4x40",
      },
      quiet: {
        [`ai_failover_requests_total${chat},outcome="rescued"}`]: "0+4x40",
        [`ai_failover_requests_total${chat},outcome="served"}`]: "0+6x40",
      },
    },
    {
      ...{ alert: "AiFailoverBudgetUsedUp", labels: { severity: "warning", namespace: "llm", route: "chat" } },
      fires: { [`ai_failover_budget_refusals_total${chat}}`]: "0+1x40" },
      quiet: { [`ai_failover_budget_refusals_total${chat}}`]: "9x40" },
    },
    {
      ...{ alert: "AiFailoverProbingStopped", labels: { severity: "warning", namespace: "llm", provider: "qwen" } },
      // promtool's clock begins at 0: due in its 20th minute, and never made.
      fires: { [`ai_failover_next_probe_timestamp_seconds${qwen}}`]: "1200x40" },
      quiet: {
        [`ai_failover_next_probe_timestamp_seconds${qwen}}`]: "0x40",
        [`ai_failover_next_probe_timestamp_seconds{namespace="llm",pod="b",provider="deepseek"}`]: "2300x40",
      },
    },
    {
      ...{ alert: "AiFailoverModuleRestarts", labels: { severity: "warning", namespace: "llm", pod: "a" } },
      fires: { 'envoy_wasm_ai_failover_gateway_vm_reload_success{namespace="llm",pod="a"}': "0+1x40" },
      quiet: { 'envoy_wasm_ai_failover_gateway_vm_reload_success{namespace="llm",pod="a"}': "3x40" },
    },
  ];

  it("have a case each", () => expect(CASES.map(({ alert }) => alert)).toEqual(rules.map(({ alert }) => alert)));

  it("fire when they should, and only then", () => {
    const tests = CASES.flatMap(({ alert, labels, fires, quiet }) => {
      const { annotations } = rules.find(rule => rule.alert === alert)!;
      const filled = Object.entries(annotations).map(([name, text]) => [
        name,
        text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label]!),
      ]);
      const test = (series: Record<string, string>, exp_alerts: object[]) => ({
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        alert_rule_test: [{ eval_time: "40m", alertname: alert, exp_alerts }],
      });
      const alarm = { exp_labels: labels, exp_annotations: Object.fromEntries(filled) as object };
      return [test(fires, [alarm]), test(quiet, [])];
    });
    const file = join(directory, "cases.yml");
    writeFileSync(file, stringify({ rule_files: [resolve("envoy/alerts.yml")], evaluation_interval: "1m", tests }));
    expect(execFileSync(promtool(), ["test", "rules", file]).toString()).toContain("SUCCESS");
  });
});

describe("Prometheus, at a gateway that runs", () => {
  let gateway: Gateway;
  let prometheus: ChildProcess;
  let url: string;
  let asking = true;
  let asked: Promise<void>;

  beforeAll(async () => {
    const [status, port] = await freePorts(2);
    url = `http://127.0.0.1:${port}`;
    const failover = { enabled: true, failureThreshold: 1, healthCheckModel: "m" };
    gateway = await startGateway({
      providers: {
        one: { tokens: ["sk-one-aaaaaaaaaaaa", "sk-one-bbbbbbbbbbbb"], config: { failover } },
        two: { tokens: ["sk-two-cccccccccccc"] },
      },
      routes: [
        {
          ...{ name: "chat", modelPredicates: [], upstreams: [{ provider: "one" }] },
          fallbackConfig: { upstreams: [{ provider: "two" }] },
        },
      ],
      config: { status: { listen: `127.0.0.1:${status}` } },
    });
    // What the repository ships, but for the address, and a pace that a test can wait for.
    const config = parse(readFileSync("envoy/prometheus.yml", "utf8")) as {
      global: object;
      rule_files: string[];
      scrape_configs: { static_configs: object[] }[];
    };
    config.global = { scrape_interval: "1s", evaluation_interval: "1s" };
    config.rule_files = [resolve("envoy/alerts.yml")];
    config.scrape_configs[0]!.static_configs = [{ targets: [`127.0.0.1:${status}`] }];
    writeFileSync(join(directory, "prometheus.yml"), stringify(config));
    prometheus = spawn(
      debianTool("/usr/bin/prometheus", "prometheus", "PROMETHEUS"),
      [
        ...[`--config.file=${directory}/prometheus.yml`, `--storage.tsdb.path=${directory}/data`],
        ...[`--web.listen-address=127.0.0.1:${port}`, "--log.level=error"],
      ],
      { stdio: "ignore" },
    );
    await until(
      () =>
        fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      30_000,
    );
    const { one } = gateway.providers;
    const chat = (stream: boolean) =>
      gateway.ask({ model: "m", stream, messages: [{ role: "user", content: "Hello" }] });
    await one!.set(1, "401");
    await until(async () => {
      await chat(false);
      return one!.requests.some(({ tokenNumber }) => tokenNumber === 1);
    });
    // Not before: three such errors in a row take the provider out, and nobody would ask its first token.
    await one!.set(2, "error-in-200");
    asked = (async () => {
      for (let i = 0; asking; i++) {
        await chat(i % 2 === 0);
        if (i % 5 === 0) await gateway.ask({ model: 7 });
        await new Promise(done => setTimeout(done, 100));
      }
    })();
  });
  afterAll(async () => {
    asking = false;
    await asked;
    const ended = new Promise(done => prometheus.once("exit", done));
    prometheus.kill();
    await ended;
    await gateway.stop();
  });

  /** The values that Prometheus finds, without those that are none. */
  async function valuesOf(query: string): Promise<number[]> {
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data, error } = (await answer.json()) as {
      data?: { result: { value: [number, string] }[] };
      error?: string;
    };
    if (error) throw new Error(`${query}: ${error}`);
    return data!.result.map(({ value: [, text] }) => Number(text)).filter(value => !Number.isNaN(value));
  }
  const finds = async (query: string) => {
    const until = performance.now() + 30_000;
    while (performance.now() < until) {
      if ((await valuesOf(query)).length > 0) return true;
      await new Promise(done => setTimeout(done, 200));
    }
    return false;
  };

  const filled = (query: string) => query.replaceAll(/\$__(?:range|rate_interval)/g, "30s");
  /** What an alert compares: it has a value also while all is well. */
  const compared = (query: string) => query.replace(/ (?:[<>]=?|==) [\d.]+$/, "");

  it("every query of the dashboard and of the alerts returns data", async () => {
    const queries = [
      ...dashboardQueries().map(({ expr }) => filled(expr)),
      ...alertRules().map(({ expr }) => compared(expr)),
    ].filter(query => !query.includes("ai_failover_fleet_")); // only a gateway of a fleet has these
    const found = await Promise.all(queries.map(async query => [query, await finds(query)] as const));
    expect(found.filter(([, isThere]) => !isThere).map(([query]) => query)).toEqual([]);
  });

  it("tells what happened", async () => {
    const sum = async (query: string) => (await valuesOf(`sum(${query})`))[0] ?? 0;
    expect(await sum('ai_failover_requests_total{route="chat",outcome="rescued"}')).toBeGreaterThan(0);
    expect(await sum('ai_failover_requests_total{route="-",outcome="refused"}')).toBeGreaterThan(0);
    expect(await sum('ai_failover_errors_total{code="invalid_body"}')).toBeGreaterThan(0);
    expect(await sum('ai_failover_attempts_total{provider="one",cause="credential"}')).toBeGreaterThan(0);
    expect(await sum('ai_failover_rescues_total{from="one",to="two"}')).toBeGreaterThan(0);
    expect(await sum('ai_failover_guard_total{provider="one",result="caught"}')).toBeGreaterThan(0);
    expect(await sum('ai_failover_token_state{provider="one",token="t1"}')).toBeGreaterThan(0);
    expect(await sum('ai_failover_token_state{provider="two",token="t1"}')).toBe(0);
    // With the buckets of the rendered configuration.
    const attempts = await sum('ai_failover_request_attempts_bucket{le="2"}');
    expect(attempts).toBeGreaterThan(await sum('ai_failover_request_attempts_bucket{le="1"}'));
    expect(await sum('ai_failover_request_attempts_bucket{le="64"}')).toBeGreaterThan(0);
  });
});
