/** What the tick tells the other workers: times to first tokens; and gauges, after a change, and once a second while something is not well. */
import { parkedBytes } from "../request/parked-body";
import * as firstTokens from "../observe/first-tokens";
import * as metricSlots from "../observe/metric-slots";
import { PARKED_BYTES } from "../observe/metric-table";
import { ParkedBytes } from "../observe/parked-bytes";
import * as host from "../proxywasm/host";
import { NS_PER_MS } from "../text/time-units";
import { Service, toldServices } from "./service";
import { SharedStore } from "./shared-store";

const PERIOD: u64 = 1000 * NS_PER_MS;

export class GaugeWriter {
  private readonly store: SharedStore = new SharedStore();
  private readonly parked: ParkedBytes = new ParkedBytes(this.store, host.random64());
  private readonly parkedSlot: i32 = metricSlots.slotOf(PARKED_BYTES, []);
  /** As of the last time: the services, and how often the ledger had been written. */
  private services: Service[] = [];
  private generation: u64 = 0;
  private at: u64 = 0;
  private mayChange: bool = false;

  /** True: something may change by time alone. */
  write(now: u64): bool {
    firstTokens.flush(this.store);
    const services = toldServices();
    const generation = this.store.generation();
    const isNew = services !== this.services || generation != this.generation;
    const isParkedNew = <u64>parkedBytes() != this.parked.told;
    if (!isNew && ((!this.mayChange && !isParkedNew) || now - this.at < PERIOD)) return this.mayChange || isParkedNew;
    this.services = services;
    this.generation = generation;
    this.at = now;
    const unixMs = host.wallClock();
    let mayChange = false;
    for (let i = 0, k = services.length; i < k; i++) {
      const service = unchecked(services[i]);
      service.health.refresh();
      if (service.gauges.put(service.health, now, unixMs)) mayChange = true;
    }
    const parked = this.parked.renew(parkedBytes(), now);
    metricSlots.put(this.parkedSlot, parked);
    metricSlots.writeGauges();
    this.mayChange = mayChange || parked > 0;
    return this.mayChange;
  }
}
