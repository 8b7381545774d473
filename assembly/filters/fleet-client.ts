/**
 * Calls the store of a fleet. Once in each interval one VM of each Envoy makes one call, on the tick, so that no request waits for it. The
 * call carries what the store does not know yet; the answer is merged into the ledgers (fleet-ledgers.ts), which all workers read. Without
 * the store each gateway goes on with what it knows.
 */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { NS_PER_MS } from "../text/time-units";
import { Writer } from "../text/writer";
import * as headerBuilder from "../http/header-builder";
import { FleetConfig } from "../config/fleet-config";
import { Health } from "../health/health";
import { FleetBoard, MOST_GATEWAYS } from "../fleet/fleet-state";
import { FleetKey, hexNumber, isHex } from "../fleet/fleet-key";
import { StoreFault, faultOfConnection, isOfWrites } from "../fleet/store-fault";
import { MOST_ANSWER, MOST_EPOCH, MOST_REQUEST, StoreKnowledge, StorePoll } from "../fleet/store-poll";
import * as fleetLog from "../observe/fleet-log";
import { FleetMetrics } from "../observe/fleet-metrics";
import * as host from "../proxywasm/host";
import { FleetLedgers } from "./fleet-ledgers";
import * as hostNames from "./host-names";
import { SharedStore } from "./shared-store";

const METHOD = Bytes.of(":method");
const POST = Bytes.of("POST");
const ROOT_PATH = Bytes.of("/");
const STATUS = Bytes.of(":status");
const OK = Bytes.of("200");

/** Time limit of a call, ms: at least, and at most. */
const LEAST_PATIENCE: i32 = 1000;
const MOST_PATIENCE: i32 = 5000;
/** Every tenth call says that this gateway is there, or more where the interval is long, ms. */
const PRESENCE: u32 = 10;
const PRESENCE_TIME: u32 = 20_000;
/** For how long that counts, ms: at least. */
const LEAST_PRESENCE: u32 = 60_000;
/** Calls without an interval between them, while there is more to tell or to hear: then the store has its rest. */
const MOST_IN_A_ROW: i32 = 64;
/** More than an answer can be late, twice, ms. */
const CLOCK_STEP: i64 = 2 * MOST_PATIENCE;
/** Envoy says in fewer bytes why it has no connection. */
const MOST_REASON: usize = 1024;

/** Of the one call that is made or read at a time. */
const request = new Writer();
const text = new Span();

export class FleetClient {
  /** What all VMs of this Envoy know about the fleet. */
  readonly board: FleetBoard;
  private readonly poll: StorePoll;
  private readonly known: StoreKnowledge = new StoreKnowledge();
  private readonly metrics: FleetMetrics = new FleetMetrics();
  private readonly ledgers: FleetLedgers;
  private readonly vm: u64 = host.random64() | 1;
  /** Memory for a call. */
  private readonly room: usize;
  private readonly roomSize: usize;
  private nextAt: u64 = 0;
  /** The call that is open; 0: none is. */
  private token: u32 = 0;
  private givesUpAt: u64 = 0;
  private calls: u32 = 0;
  private sendsScript: bool = false;
  /** The next good call counts only if it has written. */
  private mustWrite: bool = false;
  private saysPresence: bool = false;
  private hasPhase: bool = false;
  private inARow: i32 = 0;

  /** `sharers`: of all configurations that belong to this fleet. */
  constructor(
    readonly config: FleetConfig,
    sharers: Health[],
  ) {
    const roomSize = MOST_REQUEST + config.user.len + config.password.len;
    this.roomSize = roomSize;
    this.room = heap.alloc(roomSize);
    const key = new FleetKey(config);
    const board = new FleetBoard(config, new SharedStore());
    this.board = board;
    const poll = new StorePoll(config, key);
    this.poll = poll;
    this.ledgers = new FleetLedgers(key, sharers, poll);
    this.known.epoch = heap.alloc(MOST_EPOCH);
    board.introduce(host.monotonic());
  }

  /** Gives its memory back. */
  drop(): void {
    heap.free(this.room);
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
      // Who speaks next begins anew.
      this.known.isPaging = false;
      this.ledgers.stopSweep();
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
    if (known.serverTime != 0) this.ledgers.gather(<u64>this.config.interval * 2, now);
    const period = max<u32>(min(PRESENCE, PRESENCE_TIME / this.config.interval), 1);
    this.saysPresence = this.mustWrite || this.calls % period == 0;
    this.calls++;
    const presence = this.saysPresence ? max(LEAST_PRESENCE, 3 * this.config.interval) : 0;
    request.into(this.room, this.roomSize);
    if (!this.poll.write(request, known, this.sendsScript, presence, now)) return;
    headerBuilder.begin();
    headerBuilder.put(METHOD, POST);
    headerBuilder.put(hostNames.PATH, ROOT_PATH);
    headerBuilder.put(hostNames.AUTHORITY, this.config.cluster);
    const patience = min(max(this.config.interval, LEAST_PATIENCE), MOST_PATIENCE);
    const sent = host.callout(this.config.cluster, headerBuilder.end(), request.ptr, request.len, patience);
    // The password stays in no memory of ours.
    memory.fill(this.room, 0, request.len);
    this.metrics.countCall();
    if (sent.token == 0)
      return this.fail(sent.status == host.Status.BadArgument ? StoreFault.NoCluster : StoreFault.Unreachable, now);
    this.token = sent.token;
    this.givesUpAt = now + <u64>(patience + 2000) * NS_PER_MS;
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
      if (status === null || !status.is(OK)) this.fail(reasonOf(size), now);
      else if (size > MOST_ANSWER) this.fail(StoreFault.TooLarge, now);
      else this.take(size, now);
    }
    return true;
  }

  private take(size: usize, now: u64): void {
    readBody(size);
    const hadScript = this.sendsScript;
    this.sendsScript = false;
    if (!this.poll.read(text.ptr, text.len)) {
      if (!this.poll.lacksScript) return this.fail(this.poll.fault, now);
      if (hadScript) return this.fail(StoreFault.NoScripts, now);
      this.sendsScript = true;
      this.nextAt = now;
      // It has not heard that we are there either.
      this.calls = 0;
      return;
    }
    this.board.read();
    const isSet = this.hasOtherClock(now);
    this.known.serverTime = this.poll.serverTime;
    this.known.heardAt = now;
    const isMerged = this.ledgers.merge(this.board, isSet, now);
    this.metrics.countLearnt(this.ledgers.learnt);
    if (!isMerged) return;
    this.known.isPaging = this.ledgers.isPaging;
    if (!this.poll.hasMore && !this.poll.isFull) this.inARow = 0;
    else if (++this.inARow < MOST_IN_A_ROW) this.nextAt = now;
    else this.inARow = 0;
    this.joined(now);
  }

  /** The store's clock was set: what it holds has other ends than were meant. */
  private hasOtherClock(now: u64): bool {
    const known = this.known;
    if (known.serverTime == 0) return false;
    const reckoned = known.serverTime + <i64>((now - known.heardAt) / NS_PER_MS);
    return abs(this.poll.serverTime - reckoned) > CLOCK_STEP;
  }

  private joined(now: u64): void {
    const state = this.board.state;
    const before = state.fault;
    state.heardAt = now;
    state.serverTime = this.poll.serverTime;
    if (this.poll.gateways >= 0) this.listGateways(now);
    if (this.mustWrite && !this.saysPresence) {
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

/** Why there is no connection, by Envoy's own words. */
function reasonOf(size: usize): StoreFault {
  readBody(min(size, MOST_REASON));
  return faultOfConnection(text.ptr, text.len);
}

function readBody(size: usize): void {
  const body = size > 0 ? host.body(host.Buffer.CalloutResponseBody, 0, size) : null;
  text.set(body !== null ? body.ptr : 0, body !== null ? body.len : 0);
}
