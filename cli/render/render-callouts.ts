import { internalCluster, internalListener } from "./inner-manager.js";
import { localCalloutReply } from "./local-replies.js";
import { circuitBreakers } from "./render-clusters.js";
import { routerFilter } from "./render-filters.js";
import { calloutCluster, type Routing } from "./render-options.js";
import { yaml } from "./yaml-text.js";

const STATS = "ai_failover_callouts";

/** The listener that they pass: none, or one. */
export function calloutListeners(options: Routing): string[] {
  const name = calloutCluster(options);
  if (name === undefined) return [];
  return [
    yaml`
      # The module's own calls, callouts and probes, come here and leave without Envoy's marks, which are none of a provider's business.
      ${internalListener({
        ...{ name, stats: STATS, replies: localCalloutReply },
        ...{ filters: [routerFilter], removedOfAnswers: "x-ai-failover-local" },
      })}
    `,
  ];
}

/** The cluster that leads there: none, or one. */
export function calloutClusters(options: Routing): string[] {
  const name = calloutCluster(options);
  return name === undefined ? [] : [internalCluster(name, STATS, circuitBreakers)];
}
