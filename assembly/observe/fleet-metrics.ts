/** How a gateway stands with its fleet, as metrics. */
import * as host from "../proxywasm/host";
import {
  FLEET_CALLS,
  FLEET_FAILED_CALLS,
  FLEET_GATEWAYS,
  FLEET_IN_STEP,
  FLEET_LEARNT,
  MetricRow,
  metricName,
} from "./metric-table";

function define(row: MetricRow): u32 {
  return host.defineMetric(<host.Metric>(<i32>row.kind), metricName(row, []));
}

/** The gauge that also tells the other VMs whether permits can be asked for. Only the VM that speaks for all writes it. */
export function inStepGauge(): u32 {
  return define(FLEET_IN_STEP);
}

export class FleetMetrics {
  private readonly inStep: u32 = inStepGauge();
  private readonly gateways: u32 = define(FLEET_GATEWAYS);
  private readonly calls: u32 = define(FLEET_CALLS);
  private readonly failures: u32 = define(FLEET_FAILED_CALLS);
  private readonly learnt: u32 = define(FLEET_LEARNT);

  setInStep(value: bool): void {
    host.record(this.inStep, value ? 1 : 0);
  }

  setGateways(count: u32): void {
    host.record(this.gateways, count);
  }

  countCall(): void {
    host.increment(this.calls, 1);
  }

  countFailure(): void {
    host.increment(this.failures, 1);
  }

  countLearnt(entries: u32): void {
    if (entries > 0) host.increment(this.learnt, entries);
  }
}
