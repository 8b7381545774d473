import { Bytes } from "../text/bytes";
import { Route } from "../config/route";
import { SiteConfig } from "../config/site-config";
import { Health } from "../health/health";
import { Metrics } from "./metrics";
import { routesByProvider } from "./model-names";

/** A configuration in use, as it is told. */
export class StatusSite {
  /** By the index of the provider. */
  readonly routesOf: Route[][];

  constructor(
    /** Where it holds; length 0: everywhere. */
    readonly matches: Bytes,
    readonly config: SiteConfig,
    readonly health: Health,
    readonly metrics: Metrics,
  ) {
    this.routesOf = routesByProvider(config);
  }
}
