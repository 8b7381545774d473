/** Whether trials need the permit of a fleet now: the VM that speaks with its store says so to all. */
import { NS_PER_MS } from "../text/time-units";
import { FleetConfig } from "../config/fleet-config";
import { Permits } from "../health/permits";
import { inStepGauge } from "../observe/fleet-metrics";
import * as host from "../proxywasm/host";

export class FleetPermits extends Permits {
  private readonly inStep: u32 = inStepGauge();

  constructor(config: FleetConfig) {
    super();
    // The tick that asks comes within an interval, its answer soon after.
    this.patience = <u64>config.interval * 2 * NS_PER_MS + 500 * NS_PER_MS;
  }

  isInStep(): bool {
    return host.metricValue(this.inStep) == 1;
  }
}
