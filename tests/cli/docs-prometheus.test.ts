import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { codesOf, readDocument, rowsOf, section } from "./docs.js";

interface Rule {
  source_labels: string[];
  regex: string;
  action?: "keep";
  target_label: string;
  replacement: string;
}

const { scrape_configs } = parse(readFileSync("envoy/prometheus.yml", "utf8")) as {
  scrape_configs: { metric_relabel_configs: Rule[] }[];
};

/** What Prometheus makes of a series; undefined: it is dropped. */
function relabel(series: Record<string, string>): Record<string, string> | undefined {
  const labels = { ...series };
  for (const { source_labels, regex, action, target_label, replacement } of scrape_configs[0]!.metric_relabel_configs) {
    const match = new RegExp(`^(?:${regex})$`).exec(source_labels.map(name => labels[name] ?? "").join(";"));
    if (action === "keep" && !match) return undefined;
    if (action === undefined && match)
      labels[target_label] = replacement.replace(/\$(\d)/g, (_, n: string) => match[Number(n)] ?? "");
  }
  return labels;
}

const metrics = rowsOf(section(readDocument("docs/decisions.md").text, "Metrics"))
  .map(row => row.flatMap(codesOf))
  .filter(([name]) => name?.startsWith("ai_failover_"));

describe("envoy/prometheus.yml", () => {
  it("is asked about every metric", () => expect(metrics.length).toBeGreaterThan(5));

  it.each(metrics)("makes labels of what stands in a name: %s", (metric, dotted) => {
    const [, name, list = ""] = /^([a-z_]+)(?:\{(.*)\})?$/.exec(metric!)!;
    const labels = list.split(",").filter(Boolean);
    // Two words each, as an id may have: Envoy writes "_" for what is neither letter nor digit.
    const flat = labels.reduce((text, label) => text.replace(label.toUpperCase(), `my_${label}`), dotted!);
    expect(relabel({ __name__: flat.replaceAll(".", "_") })).toEqual({
      __name__: name,
      ...Object.fromEntries(labels.map(label => [label, `my_${label}`])),
    });
    // Where they are labels already, they stay as they are.
    const tagged = { __name__: name!, ...Object.fromEntries(labels.map(label => [label, "x"])) };
    expect(relabel(tagged)).toEqual(tagged);
  });
});
