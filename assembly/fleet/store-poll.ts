/** One call to the store: what is asked and told in it, and what comes back (the script's head in store-script.ts). */
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";
import { FleetConfig } from "../config/fleet-config";
import { Entry } from "../health/ledger-record";
import { FleetKey } from "./fleet-key";
import { Difference } from "./ledger-difference";
import { RespKind, RespReader } from "./resp-reader";
import { RespWriter } from "./resp-writer";
import { StoreFault, faultOf, faultOfBytes } from "./store-fault";
import { KEY_PREFIX, SCRIPT, SCRIPT_SHA } from "./store-script";
import { MOST_PAYLOAD, Reading, StoreOp, StoredEntry } from "./stored-entry";

/** What is told in one call; the rest follows with the next. */
export const MOST_OPS: i32 = 40;
/** Entries in one answer: what is longer than 40 KiB may be cut off by the server. */
const MOST_ENTRIES: i32 = 100;
/** What an answer may have: more than the script ever makes. */
export const MOST_ANSWER: usize = 64 << 10;
export const MOST_EPOCH: usize = 64;
/** Enough for all ops and the script. */
export const MOST_REQUEST: usize = 32 << 10;

const AUTH = Bytes.of("AUTH");
const SELECT = Bytes.of("SELECT");
const EVAL = Bytes.of("EVAL");
const EVALSHA = Bytes.of("EVALSHA");
const PARTS: Bytes[] = Bytes.ofAll(["e", "v", "x", "m", "g"]);
const PAGING = Bytes.of("1");
const EMPTY = Bytes.of("");

/** What is said of an entry, or asked for it. */
@unmanaged
class Told {
  op: StoreOp;
  flags: u32;
  number: u64;
  provider: u64;
  token: u64;
  model: u64;
  cause: u8;
  opened: u16;
  /** Which of the caller's records it stands in. */
  ledger: i32;
  /** What the store answered. */
  answer: i64;
}

/** What this gateway knows of the store. */
@unmanaged
export class StoreKnowledge {
  gateway: u64 = 0;
  version: u64 = 0;
  /** The server's time, ms, of the last answer; 0: there was none. */
  serverTime: i64 = 0;
  /** When that answer came, monotonic ns. */
  heardAt: u64 = 0;
  epoch: usize = 0;
  epochLen: usize = 0;
  /** All entries are coming, page after page, and `version` is where the last page ended. */
  isPaging: bool = false;
}

export class StorePoll {
  private readonly room: usize = heap.alloc(MOST_OPS * offsetof<Told>());
  private readonly found: usize = heap.alloc(MOST_ENTRIES * offsetof<StoredEntry>());
  private count: i32 = 0;
  private readonly keys: Bytes[] = [];
  private readonly stored: StoredEntry = new StoredEntry();
  private readonly reader: RespReader = new RespReader();
  // Of the answer.
  fault: StoreFault = StoreFault.None;
  /** The server does not have the script: the next call brings its text. */
  lacksScript: bool = false;
  epoch: usize = 0;
  epochLen: usize = 0;
  version: u64 = 0;
  serverTime: i64 = 0;
  /** All entries come anew. */
  isAll: bool = false;
  /** How many entries of members came. */
  entries: i32 = 0;
  /** How many others. */
  strangers: u32 = 0;
  /** More pages follow. */
  hasMore: bool = false;
  /** How many gateways there are; -1: not asked. */
  gateways: i32 = -1;
  /** What `nextGateway` found. */
  gatewayPtr: usize = 0;
  gatewayLen: usize = 0;
  seenAgo: i64 = 0;
  private gatewaysAt: usize = 0;
  private end: usize = 0;

  constructor(
    private readonly config: FleetConfig,
    private readonly key: FleetKey,
  ) {
    for (let i = 0, k = PARTS.length; i < k; i++)
      this.keys.push(Bytes.of(`${KEY_PREFIX}:{${config.name.toString()}}:${PARTS[i].toString()}`));
  }

  // === What is told ===

  clear(): void {
    this.count = 0;
  }

  get ops(): i32 {
    return this.count;
  }

  at(i: i32): Told {
    return changetype<Told>(this.room + <usize>i * offsetof<Told>());
  }

  /** False: no more fit into this call. */
  add(difference: Difference, provider: u64, entry: Entry, ledger: i32): bool {
    if (this.count == MOST_OPS) return false;
    const told = this.at(this.count++);
    told.op = difference.op;
    told.flags = difference.flags;
    told.number = difference.number;
    told.provider = provider;
    told.token = entry.token;
    told.model = entry.model;
    told.cause = entry.cause;
    told.opened = entry.opened;
    told.ledger = ledger;
    told.answer = 0;
    return true;
  }

  get isFull(): bool {
    return this.count == MOST_OPS;
  }

  /** The whole call. `presence`: for how long it counts, ms; 0: nothing is said of it. `now`: monotonic ns. False: it does not fit. */
  write(out: Writer, known: StoreKnowledge, sendsScript: bool, presence: u32, now: u64): bool {
    const resp = new RespWriter(out);
    const config = this.config;
    if (config.password.len > 0) {
      resp.command(config.user.len > 0 ? 3 : 2).text(AUTH);
      if (config.user.len > 0) resp.text(config.user);
      resp.text(config.password);
    }
    if (config.database != 0) resp.command(2).text(SELECT).number(config.database);
    resp.command(3 + this.keys.length + 7 + 4 * this.count);
    resp.text(sendsScript ? EVAL : EVALSHA).text(sendsScript ? SCRIPT : SCRIPT_SHA);
    resp.number(this.keys.length);
    for (let i = 0, k = this.keys.length; i < k; i++) resp.text(unchecked(this.keys[i]));
    resp.bytes(known.epoch, known.epochLen).number(<i64>known.version);
    piece.into(pieceRoom, PIECE);
    writeGateway(piece, known.gateway);
    resp.bytes(piece.ptr, piece.len).number(MOST_ENTRIES);
    if (presence == 0) resp.text(EMPTY);
    else resp.number(presence);
    const time = known.serverTime == 0 ? 0 : known.serverTime + <i64>((now - known.heardAt) / 1000000);
    if (time == 0) resp.text(EMPTY);
    else resp.number(time);
    resp.text(known.isPaging ? PAGING : EMPTY);
    for (let i = 0; i < this.count; i++) this.writeOp(resp, this.at(i), known.gateway, time);
    return !out.hasOverflowed;
  }

  private writeOp(resp: RespWriter, told: Told, gateway: u64, time: i64): void {
    letter.into(letterRoom, 1).byte(told.op);
    resp.bytes(letter.ptr, letter.len);
    piece.into(pieceRoom, PIECE);
    this.key.writeId(piece, told.provider, told.token, told.model);
    resp.bytes(piece.ptr, piece.len).number(<i64>told.number);
    if (told.op == StoreOp.Lease || told.op == StoreOp.Unlease) {
      resp.text(EMPTY);
      return;
    }
    const stored = this.stored;
    stored.op = told.op;
    stored.cause = told.cause;
    stored.opened = told.opened;
    stored.flags = told.flags;
    stored.gateway = gateway;
    stored.sent = time;
    stored.lasts = told.op == StoreOp.Close ? 0 : <i64>told.number;
    payload.into(payloadRoom, PAYLOAD);
    stored.writePayload(payload, this.key, piece.ptr);
    resp.bytes(payload.ptr, payload.len);
  }

  // === What comes back ===

  /** Looks at the whole of it first: an answer may be cut off, or anything. False: `fault`, or `lacksScript`. */
  read(ptr: usize, len: usize): bool {
    this.lacksScript = false;
    this.fault = faultOfBytes(ptr, len);
    const reader = this.reader.start(ptr, len);
    let before = (this.config.password.len > 0 ? 1 : 0) + (this.config.database != 0 ? 1 : 0);
    let refused = false;
    for (; before > 0 && !reader.isBroken; before--) {
      const kind = reader.next();
      if (kind == RespKind.Error && !refused) {
        refused = true;
        this.fault = faultOf(reader.ptr, reader.len);
      } else if (kind != RespKind.Text && kind != RespKind.Error) return false;
    }
    if (refused) return false;
    const kind = reader.next();
    if (kind == RespKind.Error) {
      this.lacksScript = startsWith(reader.ptr, reader.len, NO_SCRIPT);
      this.fault = this.lacksScript ? StoreFault.None : faultOf(reader.ptr, reader.len);
      return false;
    }
    if (kind != RespKind.Array || reader.number < PARTS_OF_ANSWER || !this.readResult(<i32>reader.number)) return false;
    this.end = ptr + len;
    this.fault = StoreFault.None;
    return true;
  }

  private readResult(parts: i32): bool {
    const reader = this.reader;
    if (!reader.take(RespKind.Text) || !MARK.equals(reader.ptr, reader.len)) return false;
    if (!reader.take(RespKind.Text) || reader.len == 0 || reader.len > MOST_EPOCH) return false;
    this.epoch = reader.ptr;
    this.epochLen = reader.len;
    if (!reader.take(RespKind.Number) || reader.number < 0) return false;
    this.version = <u64>reader.number;
    if (!reader.take(RespKind.Number) || reader.number <= 0) return false;
    this.serverTime = reader.number;
    if (!reader.take(RespKind.Number)) return false;
    this.isAll = reader.number != 0;
    if (!reader.take(RespKind.Array) || reader.number != this.count) return false;
    for (let i = 0; i < this.count; i++) {
      if (!reader.take(RespKind.Number)) return false;
      this.at(i).answer = reader.number;
    }
    if (!reader.take(RespKind.Array) || (reader.number & 1) != 0 || reader.number > 2 * MOST_ENTRIES) return false;
    const entries = <i32>(reader.number / 2);
    this.entries = 0;
    this.strangers = 0;
    for (let i = 0; i < entries && !reader.isBroken; i++) this.readEntry();
    if (!reader.take(RespKind.Number)) return false;
    const count = <i32>min<i64>(reader.number, i32.MAX_VALUE);
    if (!reader.take(RespKind.Array)) return false;
    this.gateways = reader.number > 0 ? count : -1;
    this.gatewaysAt = reader.place;
    for (let i = reader.number; i > 0 && !reader.isBroken; i--) reader.skip();
    if (!reader.take(RespKind.Number)) return false;
    this.hasMore = reader.number != 0;
    for (let i = PARTS_OF_ANSWER; i < parts && !reader.isBroken; i++) reader.skip();
    return !reader.isBroken && reader.isAtEnd;
  }

  private readEntry(): void {
    const reader = this.reader;
    if (!reader.take(RespKind.Text)) return;
    const id = reader.ptr;
    const idLen = reader.len;
    if (!reader.take(RespKind.Text)) return;
    const known = this.key.readId(id, idLen);
    const entry = this.entryAt(this.entries);
    const reading =
      known !== null ? entry.read(this.key, id, reader.ptr, reader.len, this.serverTime) : Reading.Foreign;
    if (reading == Reading.Foreign) this.strangers++;
    if (reading != Reading.Good || known === null) return;
    entry.provider = known.provider;
    entry.token = known.token;
    entry.model = known.model;
    this.entries++;
  }

  entryAt(i: i32): StoredEntry {
    return changetype<StoredEntry>(this.found + <usize>i * offsetof<StoredEntry>());
  }

  startGateways(): void {
    this.reader.start(this.gatewaysAt, this.end - this.gatewaysAt);
  }

  /** The next gateway's id in hex digits, and how long ago it was seen, ms. False: there is none. */
  nextGateway(): bool {
    const reader = this.reader;
    if (reader.next() != RespKind.Text) return false;
    this.gatewayPtr = reader.ptr;
    this.gatewayLen = reader.len;
    const kind = reader.next();
    this.seenAgo = max<i64>(reader.number, 0);
    return kind == RespKind.Number;
  }

  /** Gives its memory back. */
  drop(): void {
    heap.free(this.room);
    heap.free(this.found);
  }
}

const MARK = Bytes.of("af1");
const PARTS_OF_ANSWER: i32 = 10;
const NO_SCRIPT = Bytes.of("NOSCRIPT");

const PIECE: usize = 64;
const pieceRoom: usize = memory.data(64);
const piece = new Writer();
const PAYLOAD: usize = MOST_PAYLOAD + 32;
const payloadRoom: usize = memory.data(192);
const payload = new Writer();
const letterRoom: usize = memory.data(8);
const letter = new Writer();
const number: usize = memory.data(8);

/** 16 hex digits. */
export function writeGateway(to: Writer, gateway: u64): void {
  store<u64>(number, bswap<u64>(gateway));
  to.hex(number, 8);
}

function startsWith(ptr: usize, len: usize, text: Bytes): bool {
  return len >= text.len && text.equals(ptr, text.len);
}
