/**
 * Speaks with the store of a fleet, from the tick: one call an interval and Envoy, made by the one VM that all others leave it to. No
 * request waits for it. What the store says is merged into the ledger, where all workers find it; what the ledger has and the store has not
 * goes out with the next call. Without the store each gateway goes on with what it knows.
 */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { NS_PER_MS } from "../text/time-units";
import { Writer } from "../text/writer";
import * as headerBuilder from "../http/header-builder";
import { FleetConfig } from "../config/fleet-config";
import { close } from "../health/breaker-update";
import { Health } from "../health/health";
import { Ledger } from "../health/ledger";
import { FLAG_ORDERED, FLAG_WANTED, Record } from "../health/ledger-record";
import { FleetBoard, MOST_GATEWAYS } from "../fleet/fleet-state";
import { EntryId, FleetKey, hexNumber, isHex } from "../fleet/fleet-key";
import { Difference, PERMIT_WINDOW } from "../fleet/ledger-difference";
import { learn } from "../fleet/ledger-merge";
import { StoreFault, isOfWrites } from "../fleet/store-fault";
import { MOST_ANSWER, MOST_ENTRIES, MOST_EPOCH, MOST_REQUEST, StoreKnowledge, StorePoll } from "../fleet/store-poll";
import { StoreOp, StoredEntry } from "../fleet/stored-entry";
import { evidence } from "../response/evidence";
import * as fleetLog from "../observe/fleet-log";
import { FleetMetrics } from "../observe/fleet-metrics";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";
import { SharedStore } from "./shared-store";

const METHOD = Bytes.of(":method");
const POST = Bytes.of("POST");
const ROOT_PATH = Bytes.of("/");
const STATUS = Bytes.of(":status");
const OK = Bytes.of("200");

/** An answer is waited for this long, ms: at least, and at most. */
const LEAST_PATIENCE: i32 = 1000;
const MOST_PATIENCE: i32 = 5000;
/** Each so many calls a gateway says that it is there. */
const PRESENCE: u32 = 10;
const TRIES = 4;
/** Of a version: it was known before all entries came anew, and has not come since. */
const STALE: u64 = 1 << 62;

/** Of the one call that is made or read at a time. */
let requestRoom: usize = 0;
const request = new Writer();
const difference = new Difference();
const stored = new StoredEntry();
const text = new Span();

export class FleetClient {
  /** What all VMs know of it. */
  readonly board: FleetBoard;
  private readonly poll: StorePoll;
  private readonly known: StoreKnowledge = new StoreKnowledge();
  private readonly metrics: FleetMetrics = new FleetMetrics();
  /** The record of each provider once, and whose it is in the store. */
  private readonly ledgers: Ledger[] = [];
  private readonly healths: Health[] = [];
  private readonly providers: u64[] = [];
  private readonly vm: u64 = host.random64() | 1;
  private nextAt: u64 = 0;
  /** The call that is open; 0: none is. */
  private token: u32 = 0;
  private givesUpAt: u64 = 0;
  private calls: u32 = 0;
  private withScript: bool = false;
  /** The next good call counts only if it has written. */
  private mustWrite: bool = false;
  private saidPresence: bool = false;
  private isSweeping: bool = false;
  private hasPhase: bool = false;

  /** `sharers`: of all configurations that are of this fleet. */
  constructor(
    readonly config: FleetConfig,
    private readonly sharers: Health[],
  ) {
    if (requestRoom == 0) requestRoom = heap.alloc(MOST_REQUEST);
    const key = new FleetKey(config);
    const board = new FleetBoard(config, new SharedStore());
    this.board = board;
    this.poll = new StorePoll(config, key);
    for (let i = 0, k = sharers.length; i < k; i++)
      for (let j = 0, n = sharers[i].count; j < n; j++)
        if (!isAmong(this.ledgers, sharers[i].ledgerAt(j))) {
          this.ledgers.push(sharers[i].ledgerAt(j));
          this.healths.push(sharers[i]);
          this.providers.push(key.provider(sharers[i].ledgerAt(j).provider.ledgerKey));
        }
    this.known.epoch = heap.alloc(MOST_EPOCH);
    board.introduce(host.monotonic());
  }

  /** Gives its memory back. */
  drop(): void {
    heap.free(this.known.epoch);
    this.poll.drop();
    this.board.drop();
  }

  /** How often it wants to be asked when nothing else is to be done, ms. */
  get restPeriod(): u32 {
    return max<u32>(this.config.interval / 4, 50);
  }

  // === A call ===

  /** The effective context is a root of this VM. True: it wants the next tick soon. */
  tick(now: u64): bool {
    if (this.token != 0) {
      if (now < this.givesUpAt) return true;
      // Its root went, and the answer with it.
      this.token = 0;
      this.fail(StoreFault.Silent, now);
    }
    // The last part of the time it is asked often, so that the call comes when it is due.
    if (now < this.nextAt) return this.nextAt - now <= <u64>this.restPeriod * NS_PER_MS;
    const interval = <u64>this.config.interval * NS_PER_MS;
    if (!this.board.lead(this.vm, now, now + 3 * interval + 1000 * NS_PER_MS)) {
      this.nextAt = now + interval;
      return false;
    }
    this.nextAt = now + interval;
    // Gateways that start together do not stay together.
    if (!this.hasPhase && this.calls > 0) {
      this.hasPhase = true;
      this.nextAt = now + interval / 2 + (interval / 1024) * (host.random64() & 511);
    }
    this.call(now);
    return true;
  }

  private call(now: u64): void {
    const board = this.board;
    board.read();
    const state = board.state;
    const known = this.known;
    known.gateway = board.gateway;
    known.version = state.version;
    known.epochLen = <usize>state.epochLen;
    memory.copy(known.epoch, state.epoch, known.epochLen);
    this.poll.clear();
    // Without the server's time the store could not tell a late call.
    if (known.serverTime != 0) this.gather(now);
    this.saidPresence = this.mustWrite || this.calls % PRESENCE == 0;
    this.calls++;
    request.into(requestRoom, MOST_REQUEST);
    if (!this.poll.write(request, known, this.withScript, this.saidPresence, now)) return;
    headerBuilder.begin();
    headerBuilder.put(METHOD, POST);
    headerBuilder.put(hostNames.PATH, ROOT_PATH);
    headerBuilder.put(hostNames.AUTHORITY, this.config.cluster);
    const patience = min(max(this.config.interval, LEAST_PATIENCE), MOST_PATIENCE);
    const sent = host.callout(this.config.cluster, headerBuilder.end(), request.ptr, request.len, patience);
    // The password stays in no memory of ours.
    memory.fill(requestRoom, 0, request.len);
    this.metrics.countCall();
    if (sent.token == 0)
      return this.fail(sent.status == host.Status.BadArgument ? StoreFault.NoCluster : StoreFault.Unreachable, now);
    this.token = sent.token;
    this.givesUpAt = now + <u64>(patience + 2000) * NS_PER_MS;
  }

  /** What the store does not know yet. */
  private gather(now: u64): void {
    const hold = <u64>this.config.interval * 2;
    for (let i = 0, k = this.ledgers.length; i < k; i++) {
      const health = unchecked(this.healths[i]);
      const ledger = health.current(unchecked(this.ledgers[i]).provider.index);
      const view = ledger.view;
      for (let j = 0; j < view.count; j++) {
        const entry = view.at(j);
        if (entry.token != 0 && !this.isConfigured(ledger, entry.token)) continue;
        const provider = unchecked(this.providers[i]);
        if (difference.find(entry, hold, now)) {
          if (difference.op == StoreOp.Close) difference.number &= ~STALE;
          if (!this.poll.add(difference, provider, entry, i)) return;
        }
        if (difference.findPermit(ledger.provider, entry, health.isProbing, now))
          if (!this.poll.add(difference, provider, entry, i)) return;
      }
    }
  }

  /** By any configuration that has this record. */
  private isConfigured(ledger: Ledger, token: u64): bool {
    if (ledger.tokens.placeOf(token) >= 0) return true;
    const all = this.sharers;
    for (let i = 0, k = all.length; i < k; i++) {
      const health = unchecked(all[i]);
      for (let j = 0, n = health.count; j < n; j++) {
        const other = health.ledgerAt(j);
        if (other.isOf(ledger) && other.tokens.placeOf(token) >= 0) return true;
      }
    }
    return false;
  }

  // === Its answer ===

  /** False: the callout is not this one. */
  answered(token: u32, headers: u32, size: usize, now: u64): bool {
    if (this.token == 0 || token != this.token) return false;
    this.token = 0;
    // After the connection stands everything that goes wrong looks like this.
    if (headers == 0) this.fail(StoreFault.Silent, now);
    else {
      const status = host.header(host.HeaderMap.CalloutResponse, STATUS);
      if (status === null || !status.is(OK)) this.fail(StoreFault.Unreachable, now);
      else if (size > MOST_ANSWER) this.fail(StoreFault.TooLarge, now);
      else this.take(size, now);
    }
    return true;
  }

  private take(size: usize, now: u64): void {
    const body = size > 0 ? host.body(host.Buffer.CalloutResponseBody, 0, size) : null;
    text.set(body !== null ? body.ptr : 0, body !== null ? body.len : 0);
    this.withScript = false;
    if (!this.poll.read(text.ptr, text.len)) {
      if (!this.poll.lacksScript) return this.fail(this.poll.fault, now);
      this.withScript = true;
      this.nextAt = now;
      // It has not heard that we are there either.
      this.calls = 0;
      return;
    }
    this.board.read();
    if (this.poll.serverTime > 0) {
      this.known.serverTime = this.poll.serverTime;
      this.known.heardAt = now;
    }
    if (this.merge(now)) this.joined(now);
  }

  /** False: others were faster; the same comes again with the next call. */
  private merge(now: u64): bool {
    const state = this.board.state;
    const poll = this.poll;
    // A server that was set back to what it had saved has another life as well.
    const isSetBack = poll.isAll && poll.version < state.version;
    const isSame =
      !isSetBack && state.epochLen == <u32>poll.epochLen && memory.compare(state.epoch, poll.epoch, poll.epochLen) == 0;
    const startsAnew = !isSame || poll.isAll;
    let strangers: u32 = 0;
    for (let i = 0, k = this.ledgers.length; i < k; i++) {
      strangers = 0;
      poll.startEntries();
      let touches = startsAnew;
      for (let j = 0; j < poll.entries; j++) {
        const id = poll.nextEntry(stored);
        if (id === null) strangers++;
        else if (id.provider == unchecked(this.providers[i])) touches = true;
      }
      for (let j = 0; j < poll.ops && !touches; j++) touches = poll.at(j).ledger == i;
      if (touches && !this.mergeInto(i, isSame, startsAnew, now)) return false;
    }
    const isLast = poll.entries < MOST_ENTRIES;
    if (startsAnew && isSame) this.isSweeping = true;
    if (!isSame) this.isSweeping = false;
    if (this.isSweeping && isLast) {
      for (let i = 0, k = this.ledgers.length; i < k; i++) this.sweep(i, now);
      this.isSweeping = false;
    }
    state.strangers = startsAnew ? strangers : state.strangers + strangers;
    state.version = poll.version;
    state.epochLen = <u32>poll.epochLen;
    memory.copy(state.epoch, poll.epoch, poll.epochLen);
    if (!isLast) this.nextAt = now;
    return true;
  }

  private mergeInto(i: i32, isSame: bool, startsAnew: bool, now: u64): bool {
    const ledger = unchecked(this.ledgers[i]);
    for (let tries = 0; tries < TRIES; tries++) {
      const record = ledger.edit();
      let changed = false;
      if (startsAnew && forgetVersions(record, isSame)) changed = true;
      this.poll.startEntries();
      for (let j = 0; j < this.poll.entries; j++) {
        const id = this.poll.nextEntry(stored);
        if (id === null || id.provider != unchecked(this.providers[i])) continue;
        if (this.mergeEntry(record, ledger, id, now)) changed = true;
      }
      for (let j = 0; j < this.poll.ops; j++)
        if (this.poll.at(j).ledger == i && this.mergeAnswer(record, j, now)) changed = true;
      if (!changed) return true;
      evidence.isLearnt = true;
      const isDone = ledger.finish();
      evidence.clear();
      if (isDone) return true;
    }
    return false;
  }

  private mergeEntry(record: Record, ledger: Ledger, id: EntryId, now: u64): bool {
    const token = id.token;
    const model = id.model;
    if (token != 0 && !this.isConfigured(ledger, token)) return false;
    let end: u64 = 0;
    if (stored.until > 0) {
      // From the server's clock to ours, as of this answer.
      const left = stored.until - this.poll.serverTime;
      const ns = <u64>abs(left) * NS_PER_MS;
      end = left > 0 ? now + ns : ns < now ? now - ns : 1;
    }
    const isOurs = stored.gateway == this.board.gateway;
    if (!isOurs) this.metrics.countLearnt();
    return learn(record, ledger.provider, token, model, stored, isOurs, end, now);
  }

  /** What the store says to an op; true: the record has changed. */
  private mergeAnswer(record: Record, j: i32, now: u64): bool {
    const told = this.poll.at(j);
    const entry = record.find(told.token, told.model);
    if (entry === null) return false;
    switch (told.op) {
      case StoreOp.Lease:
        if (!entry.isWanted) return false;
        entry.flags &= ~FLAG_WANTED;
        entry.lease = 0;
        entry.permitUntil = told.answer > 0 ? now + PERMIT_WINDOW : 0;
        entry.leaseUntil = told.answer > 0 ? 0 : now + <u64>(1 - told.answer) * NS_PER_MS;
        return true;
      case StoreOp.Unlease:
        if (entry.permitUntil > now) return false;
        entry.permitUntil = 0;
        return true;
      case StoreOp.Close:
      case StoreOp.BringBack:
        // It is decided, whatever came of it: what another has written since has come with this answer.
        if (!entry.isClosedMark || entry.isOpen) return false;
        entry.fleetVersion = 0;
        record.remove(entry);
        return true;
      default:
        return false;
    }
  }

  /** What did not come again in one life of the store has been closed since. */
  private sweep(i: i32, now: u64): void {
    const ledger = unchecked(this.ledgers[i]);
    const record = ledger.edit();
    let changed = false;
    for (let j = record.count - 1; j >= 0; j--) {
      const entry = record.at(j);
      if ((entry.fleetVersion & STALE) == 0) continue;
      changed = true;
      const holds = entry.openUntil > now || entry.isHeldOut(now);
      entry.fleetVersion = 0;
      if (!holds) continue;
      entry.heldUntil = 0;
      close(record, entry, now);
    }
    if (changed) ledger.finish();
  }

  private joined(now: u64): void {
    const state = this.board.state;
    const before = state.fault;
    state.heardAt = now;
    state.serverTime = this.poll.serverTime;
    if (this.poll.gateways >= 0) this.listGateways(now);
    if (this.mustWrite && !this.saidPresence) {
      this.board.write();
      return;
    }
    this.mustWrite = false;
    if (before != StoreFault.None) {
      state.fault = StoreFault.None;
      state.since = now;
      fleetLog.joined(this.config.name, this.board.gateway, before);
    }
    this.metrics.setInStep(true);
    this.board.write();
  }

  private listGateways(now: u64): void {
    const state = this.board.state;
    state.gateways = <u32>this.poll.gateways;
    state.listed = 0;
    this.poll.startGateways();
    while (state.listed < <u32>MOST_GATEWAYS && this.poll.nextGateway()) {
      if (this.poll.gatewayLen != 16 || !isHex(this.poll.gatewayPtr, 16)) continue;
      const at = state.list + 16 * <usize>state.listed;
      state.listed++;
      const ago = <u64>this.poll.seenAgo * NS_PER_MS;
      store<u64>(at, hexNumber(this.poll.gatewayPtr));
      store<u64>(at, now > ago ? now - ago : 0, 8);
    }
    this.metrics.setGateways(state.gateways);
  }

  private fail(fault: StoreFault, now: u64): void {
    this.metrics.countFailure();
    this.metrics.setInStep(false);
    if (isOfWrites(fault)) this.mustWrite = true;
    this.board.read();
    const state = this.board.state;
    if (state.fault == fault) return;
    state.fault = fault;
    state.since = now;
    this.board.write();
    fleetLog.alone(this.config.name, fault);
  }
}

function isAmong(list: Ledger[], ledger: Ledger): bool {
  for (let i = 0, k = list.length; i < k; i++) if (list[i].isOf(ledger)) return true;
  return false;
}

/** All entries come anew. In another life of the store what it knew is gone; in the same one what does not come again is closed. */
function forgetVersions(record: Record, isSame: bool): bool {
  let changed = false;
  for (let j = record.count - 1; j >= 0; j--) {
    const entry = record.at(j);
    if (entry.fleetVersion == 0) continue;
    changed = true;
    if (isSame) {
      entry.fleetVersion |= STALE;
      continue;
    }
    // A person's word is said again: others may still say what it has ended.
    const isOrder = entry.isClosedMark && (entry.flags & FLAG_ORDERED) != 0;
    entry.fleetVersion = isOrder ? 1 : 0;
    entry.fleetUntil = 0;
    entry.fleetRank = 0;
    if (entry.isClosedMark && !isOrder && entry.failures == 0) record.remove(entry);
  }
  return changed;
}
