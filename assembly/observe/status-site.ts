import { Bytes } from "../text/bytes";
import { SiteConfig } from "../config/site-config";
import { Health } from "../health/health";
import { Metrics } from "./metrics";

/** A configuration in use, as it is told. */
export class StatusSite {
  constructor(
    /** Where it holds; length 0: everywhere. */
    readonly matches: Bytes,
    readonly config: SiteConfig,
    readonly health: Health,
    readonly metrics: Metrics,
  ) {}
}
