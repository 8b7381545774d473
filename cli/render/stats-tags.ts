import { METRICS, METRIC_PREFIX, MetricKind } from "../../assembly/observe/metric-table.js";
import { yaml } from "./yaml-text.js";

/** As Envoy calls what a module counts. */
const PREFIX = `wasmcustom.${METRIC_PREFIX}`;

/**
 * The labels of the module's metrics stand in their names (`metricName`). Of each expression the first group is cut out of the name, and the
 * second is the label's value. One expression for each label: Envoy wants each tag once.
 */
const TAGS = [...new Set(METRICS.flatMap(({ labels }) => labels))].map(
  label =>
    String.raw`{tag_name: ${label}, regex: '^${PREFIX.replace(".", String.raw`\.`)}[a-z_]+(?:;[a-z]+=[^;]*)*?(;${label}=([^;]*))'}`,
);

const BUCKETS = METRICS.filter(({ kind }) => kind === MetricKind.Histogram).map(
  ({ name, buckets }) => `{match: {prefix: ${PREFIX}${name}}, buckets: [${buckets.join(", ")}]}`,
);

/** For Prometheus: ai_failover_attempts_total{provider="qwen",cause="credential"} and the like, and histograms that fit what is measured. */
export const statsTags = yaml`
  stats_config:
    stats_tags:
    ${TAGS.map(tag => `- ${tag}`).join("\n")}
    histogram_bucket_settings:
    ${BUCKETS.map(setting => `- ${setting}`).join("\n")}
`;
