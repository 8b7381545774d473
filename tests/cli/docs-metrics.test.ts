import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { METRICS, METRIC_PREFIX, MetricKind, metricName, type MetricRow } from "../../assembly/observe/metric-table.js";
import { ERROR_TYPE, OPERATION, PROVIDER_NAME, SPAN_ATTRIBUTES } from "../../assembly/observe/span-table.js";
import { codesOf, readDocument, rowsOf, section } from "./docs.js";
import { updateTable, updatesDocs } from "./docs-update.js";
import { alertRules, dashboardQueries } from "./metric-queries.js";

const KINDS: Record<MetricKind, string> = {
  [MetricKind.Counter]: "counter",
  [MetricKind.Gauge]: "gauge",
  [MetricKind.Histogram]: "histogram",
};

describe("docs/metrics.md", () => {
  const rowOf = ({ name, labels, kind, help }: MetricRow): string[] => [
    `\`${METRIC_PREFIX}${name}${labels.length > 0 ? `{${labels.join(",")}}` : ""}\``,
    KINDS[kind],
    help,
  ];

  it("has the module's table of metrics", async () => {
    const file = "docs/metrics.md";
    await updateTable(file, ["metric", "type", "tells"], METRICS.map(rowOf));
    const rows = rowsOf(readFileSync(file, "utf8")).filter(([name = ""]) => name.startsWith(`\`${METRIC_PREFIX}`));
    expect(rows).toEqual(METRICS.map(rowOf));
  });
});

describe("docs/records.md", () => {
  const COMPUTED: Record<string, string> = {
    [OPERATION]: "`chat`, `text_completion` or `embeddings`, by the API",
    [PROVIDER_NAME]: "the provider's type, by the name that the conventions have for it",
    [ERROR_TYPE]: "where no good answer went out: the gateway's error code, or the cause of the last attempt",
  };

  it("has the attributes of spans", async () => {
    const file = "docs/records.md";
    const wanted = SPAN_ATTRIBUTES.map(({ field, name }) => [`\`${name}\``, COMPUTED[name] ?? `\`${field}\``]);
    await updateTable(file, ["attribute", "field"], wanted);
    const rows = rowsOf(section(readFileSync(file, "utf8"), "Spans"));
    expect(rows).toEqual(wanted);
  });
});

it("a metric's name is one that Prometheus' conventions ask for", () => {
  for (const { name, kind } of METRICS) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith("_total")).toBe(kind === MetricKind.Counter);
  }
});

interface RelabelRule {
  source_labels: string[];
  regex: string;
  action?: string;
  target_label: string;
  replacement: string;
}

/** Rules that make labels of what stands in the names of an Envoy without our stats_tags. */
function relabelRules(): RelabelRule[] {
  const groups = new Map<string, MetricRow[]>();
  for (const row of METRICS.filter(({ labels }) => labels.length > 0)) {
    const key = `${row.labels.join()} ${row.kind === MetricKind.Histogram}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap(rows => {
    const [{ labels, kind }] = rows as [MetricRow];
    const names = `(${METRIC_PREFIX}(?:${rows.map(({ name }) => name).join("|")}))`;
    const isHistogram = kind === MetricKind.Histogram;
    const regex = names + labels.map(label => `_${label}_(.+)`).join("") + (isHistogram ? "_(bucket|sum|count)" : "");
    const rule = (target_label: string, replacement: string): RelabelRule => ({
      ...{ source_labels: ["__name__"], regex, target_label, replacement },
    });
    return [
      ...labels.map((label, i) => rule(label, `\${${i + 2}}`)),
      rule("__name__", isHistogram ? `\${1}_\${${labels.length + 2}}` : "${1}"),
    ];
  });
}

describe("envoy/prometheus.yml", () => {
  const FILE = "envoy/prometheus.yml";
  const read = () =>
    (parse(readFileSync(FILE, "utf8")) as { scrape_configs: { metric_relabel_configs: RelabelRule[] }[] })
      .scrape_configs[0]!.metric_relabel_configs;

  it("makes labels of every metric", () => {
    if (updatesDocs) {
      const text = readFileSync(FILE, "utf8");
      const head = text.slice(0, text.indexOf("\n", text.indexOf("UPDATE_DOCS")) + 1);
      const lines = relabelRules().flatMap(({ regex, target_label, replacement }) => [
        "      - source_labels: [__name__]",
        `        regex: "${regex}"`,
        `        target_label: ${target_label}`,
        `        replacement: "${replacement}"`,
      ]);
      writeFileSync(FILE, `${head}${lines.join("\n")}\n`);
    }
    expect(read().slice(1)).toEqual(relabelRules());
  });

  /** What Prometheus makes of a series; undefined: it is dropped. */
  function relabel(series: Record<string, string>): Record<string, string> | undefined {
    const labels = { ...series };
    for (const { source_labels, regex, action, target_label, replacement } of read()) {
      const match = new RegExp(`^(?:${regex})$`).exec(source_labels.map(name => labels[name] ?? "").join(";"));
      if (action === "keep" && !match) return undefined;
      if (action === undefined && match)
        labels[target_label] = replacement.replace(/\$\{(\d)\}/g, (_, n: string) => match[Number(n)] ?? "");
    }
    return labels;
  }

  it.each(METRICS)("makes labels of what stands in a name: $name", row => {
    // Two words each, as an id may have: Envoy writes "_" for what is neither letter nor digit.
    const flat = metricName(
      row,
      row.labels.map(label => `my-${label}`),
    ).replaceAll(/[^a-z_]/g, "_");
    const labels = Object.fromEntries(row.labels.map(label => [label, `my_${label}`]));
    const suffixes = row.kind === MetricKind.Histogram ? ["_bucket", "_sum", "_count"] : [""];
    for (const suffix of suffixes) {
      const name = `${METRIC_PREFIX}${row.name}${suffix}`;
      expect(relabel({ __name__: flat + suffix })).toEqual({ __name__: name, ...labels });
      // Where they are labels already, they stay as they are.
      const tagged = { __name__: name, ...Object.fromEntries(row.labels.map(label => [label, "x"])) };
      expect(relabel(tagged)).toEqual(tagged);
    }
  });
});

describe("the dashboard and the alert rules", () => {
  const rules = alertRules();
  const queries = [...dashboardQueries().map(({ expr }) => expr), ...rules.map(({ expr }) => expr)];

  it("ask for each metric that there is", () => {
    for (const { name } of METRICS) expect(queries.join("\n")).toContain(METRIC_PREFIX + name);
  });

  it("ask for no metric and no label that there is not", () => {
    for (const query of queries) {
      // Envoy's own statistics of the module are none of its metrics.
      const rows = [...query.matchAll(/(?<!envoy_wasm_)ai_failover_([a-z_]+)/g)].map(([, name]) => {
        const row = METRICS.find(
          metric => name === metric.name || name!.replace(/_(bucket|sum|count)$/, "") === metric.name,
        );
        expect(row, `${name} in ${query}`).toBeDefined();
        return row!;
      });
      const known = new Set(["le", "namespace", "pod", "__name__", ...rows.flatMap(({ labels }) => labels)]);
      const grouped = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(", "));
      const matched = [...query.matchAll(/([a-z_]+)(?:=~|!=|=)"/g)].map(([, label]) => label!);
      for (const label of [...grouped, ...matched]) expect(known, query).toContain(label);
    }
  });

  it("say what to do, in docs/operations.md too", () => {
    const { text } = readDocument("docs/operations.md");
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook).toContain(`docs/operations.md#${alert.toLowerCase()}`);
      expect(section(text, alert).trim()).not.toBe("");
      expect(annotations.summary).not.toBe("");
    }
    expect(codesOf(section(text, "Alerts")).length).toBeGreaterThan(5);
  });

  it("answer three questions in the dashboard's first row", () => {
    const titles = dashboardQueries()
      .filter(({ row }) => row === 0)
      .map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(["Lost requests", "Who is out", "Saved by failover today"]));
  });
});
