/** What the dashboard and the alert rules ask Prometheus. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface AlertRule {
  alert: string;
  expr: string;
  annotations: { summary: string; runbook: string };
}

/** Of envoy/alerts.yml. */
export const alertRules = (): AlertRule[] =>
  (parse(readFileSync("envoy/alerts.yml", "utf8")) as { groups: { rules: AlertRule[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  );

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string }[];
}

/** Of envoy/grafana.json, with the number of the row that a panel stands in. */
export function dashboardQueries(): { row: number; title: string; expr: string }[] {
  const { panels } = JSON.parse(readFileSync("envoy/grafana.json", "utf8")) as { panels: Panel[] };
  let row = -1;
  return panels.flatMap(({ title, type, targets = [] }) => {
    if (type === "row") row++;
    return targets.map(({ expr }) => ({ row, title, expr }));
  });
}
