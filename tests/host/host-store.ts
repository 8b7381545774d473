/** What all VMs of one Envoy process have in common: shared data and metrics. */
import { Status } from "./abi.js";

interface Entry {
  value: Buffer;
  cas: number;
}

/** One map for each vm_id (cpp-host shared_data.cc). */
export class SharedData {
  private readonly maps = new Map<string, Map<string, Entry>>();
  private nextCas = 1;

  get(vmId: string, key: string): Entry | undefined {
    return this.maps.get(vmId)?.get(key);
  }

  /** `cas` 0 writes whatever stands there; a key that is not there is made whatever `cas` is. */
  set(vmId: string, key: string, value: Buffer, cas = 0): Status {
    const map = this.maps.get(vmId) ?? new Map<string, Entry>();
    this.maps.set(vmId, map);
    const found = map.get(key);
    if (found && cas !== 0 && cas !== found.cas) return Status.CasMismatch;
    map.set(key, { value: Buffer.from(value), cas: this.nextCas++ });
    return Status.Ok;
  }

  keys(vmId = ""): string[] {
    return [...(this.maps.get(vmId)?.keys() ?? [])];
  }
}

export enum MetricType {
  Counter = 0,
  Gauge = 1,
  Histogram = 2,
}

export interface Metric {
  type: MetricType;
  name: string;
  value: bigint;
}

export class Metrics {
  private readonly all: Metric[] = [];
  private readonly byName = new Map<string, number>();

  /** Ids carry the type in their low two bits, as in Envoy. */
  define(type: MetricType, name: string): number {
    let index = this.byName.get(name);
    if (index === undefined) {
      index = this.all.push({ type, name, value: 0n }) - 1;
      this.byName.set(name, index);
    }
    return ((index + 1) << 2) | type;
  }

  find(id: number): Metric | undefined {
    const metric = this.all[(id >>> 2) - 1];
    return metric?.type === (id & 3) ? metric : undefined;
  }

  value(name: string): number {
    const index = this.byName.get(name);
    return index === undefined ? 0 : Number(this.all[index]!.value);
  }

  /** Every metric that is not 0, by name. */
  toObject(): Record<string, number> {
    return Object.fromEntries(this.all.filter(({ value }) => value !== 0n).map(m => [m.name, Number(m.value)]));
  }
}
