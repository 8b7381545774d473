/** The ledger's records in Envoy's shared data: one key-value store for all workers, kept over reloads and crashes (facts 6.1, 7.3). */
import { Bytes } from "../text/bytes";
import { Store } from "../health/ledger-store";
import * as metricSlots from "../observe/metric-slots";
import { LEDGER_CONFLICTS, LEDGER_GENERATION, metricName } from "../observe/metric-table";
import * as host from "../proxywasm/host";

export class SharedStore extends Store {
  /** A gauge costs a tenth of a read of shared data, and tells whether one is needed. */
  private readonly moves: u32 = host.defineMetric(host.Metric.Gauge, metricName(LEDGER_GENERATION, []));
  private readonly conflicts: i32 = metricSlots.slotOf(LEDGER_CONFLICTS, []);

  read(key: Bytes): bool {
    const value = host.shared(key);
    if (value === null) return false;
    this.ptr = value.ptr;
    this.len = value.len;
    this.version = value.version;
    return true;
  }

  write(key: Bytes, ptr: usize, len: usize, version: u32): bool {
    if (host.setShared(key, ptr, len, version) == host.Status.Ok) return true;
    metricSlots.add(this.conflicts);
    return false;
  }

  generation(): u64 {
    // Without the gauge every request reads: slower, never wrong.
    return this.moves != 0 ? host.metricValue(this.moves) : host.monotonic();
  }

  advance(): void {
    host.increment(this.moves, 1);
  }

  random64(): u64 {
    return host.random64();
  }
}
