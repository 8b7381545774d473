import { yaml } from "./yaml-text.js";

/**
 * The labels of the module's counters stand in their names (assembly/observe/metrics.ts); an id may hold dots. Of each
 * expression the first group is cut out of the name, and the second is the label's value.
 */
const TAGS = [
  ["provider", String.raw`^wasmcustom\.ai_failover_[a-z_]+(\.provider\.(.*?))(?:\.result\.[a-z-]+)?$`],
  ["result", String.raw`^wasmcustom\.ai_failover_attempts\.provider\..*(\.result\.([a-z-]+))$`],
  ["route", String.raw`^wasmcustom\.ai_failover_requests(\.route\.(.*))\.outcome\.[a-z-]+$`],
  ["outcome", String.raw`^wasmcustom\.ai_failover_requests\.route\..*(\.outcome\.([a-z-]+))$`],
];

/** For Prometheus: ai_failover_attempts{provider="qwen",result="credential"} and the like. */
export const statsTags = yaml`
  stats_config:
    stats_tags:
    ${TAGS.map(([name, regex]) => `- {tag_name: ${name}, regex: '${regex}'}`).join("\n")}
`;
