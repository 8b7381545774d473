/**
 * How a gateway stands with its fleet, in shared data, so that all VMs can tell it: the one that speaks for all writes it after each call.
 *
 *   <prefix><tag>/self    this gateway's id, and when it started
 *   <prefix><tag>/state   a FleetState, then the gateways that were seen last: u64 id, u64 when (monotonic ns)
 *   <prefix><tag>/lead    which VM speaks for all, and until when
 */
import { Bytes } from "../text/bytes";
import { NS_PER_MS } from "../text/time-units";
import { FleetConfig } from "../config/fleet-config";
import { ABSENT, Store } from "../health/ledger-store";
import { MOST_EPOCH } from "./store-poll";
import { StoreFault } from "./store-fault";

const LAYOUT: u32 = 1;
const PREFIX = `ai-failover/fleet/${LAYOUT}/`;
export const MOST_GATEWAYS: i32 = 64;
const TRIES = 4;

@unmanaged
export class FleetState {
  layout: u32 = 0;
  fault: StoreFault = StoreFault.Joining;
  /** Of this state, monotonic ns. */
  since: u64 = 0;
  /** The last good answer; 0: there was none. */
  heardAt: u64 = 0;
  version: u64 = 0;
  serverTime: i64 = 0;
  /** Entries that carry no signature of this fleet. */
  strangers: u32 = 0;
  /** How many gateways there are. */
  gateways: u32 = 0;
  /** How many of them follow. */
  listed: u32 = 0;
  epochLen: u32 = 0;
  private epochRoom: u64 = 0;

  get epoch(): usize {
    return changetype<usize>(this) + offsetof<FleetState>("epochRoom");
  }

  get list(): usize {
    return this.epoch + MOST_EPOCH;
  }

  get size(): usize {
    return this.list + 16 * <usize>this.listed - changetype<usize>(this);
  }

  get isInStep(): bool {
    return this.fault == StoreFault.None;
  }
}

const HEAD: usize = offsetof<FleetState>("epochRoom") + MOST_EPOCH;
const ROOM: usize = HEAD + 16 * <usize>MOST_GATEWAYS;
const pair: usize = memory.data(16);

export class FleetBoard {
  readonly state: FleetState = changetype<FleetState>(heap.alloc(ROOM));
  gateway: u64 = 0;
  started: u64 = 0;
  private readonly selfKey: Bytes;
  private readonly stateKey: Bytes;
  private readonly leadKey: Bytes;

  constructor(
    readonly config: FleetConfig,
    private readonly store: Store,
  ) {
    this.selfKey = Bytes.of(`${PREFIX}${config.tag}/self`);
    this.stateKey = Bytes.of(`${PREFIX}${config.tag}/state`);
    this.leadKey = Bytes.of(`${PREFIX}${config.tag}/lead`);
    this.reset();
  }

  private reset(): void {
    memory.fill(changetype<usize>(this.state), 0, ROOM);
    this.state.layout = LAYOUT;
    this.state.fault = StoreFault.Joining;
  }

  /** Takes this gateway's id, or draws it for all VMs. */
  introduce(now: u64): void {
    for (let i = 0; i < TRIES && this.gateway == 0; i++) {
      const isThere = this.store.read(this.selfKey) && this.store.len == 16;
      if (isThere) {
        this.gateway = load<u64>(this.store.ptr);
        this.started = load<u64>(this.store.ptr, 8);
        return;
      }
      const id = this.store.random64() | 1;
      store<u64>(pair, id);
      store<u64>(pair, now, 8);
      if (!this.store.write(this.selfKey, pair, 16, ABSENT)) continue;
      this.gateway = id;
      this.started = now;
    }
  }

  /** What the VM that speaks for all wrote last. */
  read(): void {
    this.reset();
    if (!this.store.read(this.stateKey)) return;
    const len = this.store.len;
    if (len < HEAD || len > ROOM || load<u32>(this.store.ptr) != LAYOUT) return;
    memory.copy(changetype<usize>(this.state), this.store.ptr, len);
    if (this.state.size != len || this.state.epochLen > <u32>MOST_EPOCH) this.reset();
  }

  write(): void {
    const version = this.store.read(this.stateKey) ? this.store.version : ABSENT;
    this.store.write(this.stateKey, changetype<usize>(this.state), this.state.size, version);
  }

  /** Whether requests may come: it has joined, or has waited long enough. */
  isReady(now: u64): bool {
    return this.state.heardAt != 0 || now >= this.started + <u64>this.config.startTimeout * NS_PER_MS;
  }

  /** Gives its memory back. */
  drop(): void {
    heap.free(changetype<usize>(this.state));
  }

  /** Whether this VM speaks for all; then it does so until `until`. */
  lead(vm: u64, now: u64, until: u64): bool {
    const isThere = this.store.read(this.leadKey) && this.store.len == 16;
    const version = isThere ? this.store.version : ABSENT;
    if (isThere && load<u64>(this.store.ptr) != vm && load<u64>(this.store.ptr, 8) > now) return false;
    store<u64>(pair, vm);
    store<u64>(pair, until, 8);
    return this.store.write(this.leadKey, pair, 16, version);
  }
}
