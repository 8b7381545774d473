/**
 * An entry as it stands in the store, as one text. The script (store-script.ts) writes the first three fields, the sender the rest:
 *
 *   version until rank 1 cause opened flags gateway sent lasts signature [what a later version adds]
 *
 *   version    number of the change; greater is newer
 *   until      the server's time when it ends, ms; 0: closed
 *   rank       0: learnt; 1: a person brought it back; 2: a person took it out
 *   1          format of what follows
 *   cause      its name ("credential")
 *   opened     times in a row
 *   flags      STORED_*
 *   gateway    who sent it, 16 hex digits
 *   sent       the server's time as the sender reckoned it, ms
 *   lasts      for how long it was to hold then, ms
 *   signature  16 hex digits: of the operation, the id, and the text from the format to `lasts`
 *
 * The signature is made with the fleet's secret: who does not know it can delete entries or write old ones again while they hold, and
 * nothing else.
 */
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";
import { CAUSES, Cause, causeName } from "../health/verdict";
import { FleetKey, ID_SIZE, hexNumber, isHex } from "./fleet-key";
import { NOT_WHOLE, parseWhole } from "./resp-reader";

/** It is about an API, not a model. */
export const STORED_API: u32 = 1;
/** A person's order without an end. */
export const STORED_ENDLESS: u32 = 2;

export const MOST_PAYLOAD: usize = 160;
/** The longest that anything is told for, ms: the script's own bound. */
export const MOST_LASTS: u64 = 604800000;

const FORMAT_NUMBER: i64 = 1;
const FORMAT = Bytes.of(FORMAT_NUMBER.toString());
const SPACE: i32 = 0x20;
/** By how much the end that the server wrote may differ from what the sender meant, ms: the script refuses what is older than 2 s. */
const MOST_DRIFT: i64 = 3000;
/** The store forgets a closing 10 minutes after it: an older one is a replay. */
const MOST_AGE: i64 = 660000;

export enum StoreOp {
  Open = 0x4f,
  Close = 0x43,
  TakeOut = 0x50,
  BringBack = 0x42,
  Lease = 0x4c,
  Unlease = 0x55,
}

export enum Reading {
  Good,
  /** Of a later release, in a format that is not known here: it is passed over. */
  Newer,
  /** No member of this fleet wrote it. */
  Foreign,
}

const signed = new Writer();
const SIGNED_SIZE: usize = 1 + ID_SIZE + MOST_PAYLOAD;
const signedRoom: usize = memory.data(256);
const number: usize = memory.data(8);

/** What an entry says. */
@unmanaged
export class StoredEntry {
  // What it is about.
  provider: u64 = 0;
  token: u64 = 0;
  model: u64 = 0;
  op: StoreOp = StoreOp.Close;
  version: u64 = 0;
  /** The server's time, ms; 0: closed. */
  until: i64 = 0;
  rank: u8 = 0;
  cause: u8 = 0;
  opened: u16 = 0;
  flags: u32 = 0;
  gateway: u64 = 0;
  sent: i64 = 0;
  lasts: i64 = 0;

  /** What the sender adds to an operation, with its signature. `id`: ID_SIZE digits. */
  writePayload(to: Writer, key: FleetKey, id: usize): void {
    const from = to.len;
    to.text(FORMAT);
    to.byte(SPACE);
    to.text(causeName(<Cause>this.cause));
    addNumber(to, this.opened);
    addNumber(to, this.flags);
    to.byte(SPACE);
    store<u64>(number, bswap<u64>(this.gateway));
    to.hex(number, 8);
    addNumber(to, <u64>this.sent);
    addNumber(to, <u64>this.lasts);
    if (to.hasOverflowed) return;
    const signature = signatureOf(key, this.op, id, to.ptr + from, to.len - from);
    to.byte(SPACE);
    store<u64>(number, bswap<u64>(signature));
    to.hex(number, 8);
  }

  /** `id`: ID_SIZE digits. `now`: the server's time, ms. */
  read(key: FleetKey, id: usize, ptr: usize, len: usize, now: i64): Reading {
    fields.start(ptr, len);
    const version = fields.whole();
    const until = fields.whole();
    const rank = fields.whole();
    const payload = fields.at;
    if (version <= 0 || until < 0 || rank < 0) return Reading.Foreign;
    const format = fields.whole();
    if (format > FORMAT_NUMBER) return Reading.Newer;
    if (format != FORMAT_NUMBER || rank > 2) return Reading.Foreign;
    return this.readFields(key, id, payload, version, until, rank) && this.isMeant(now)
      ? Reading.Good
      : Reading.Foreign;
  }

  private readFields(key: FleetKey, id: usize, payload: usize, version: i64, until: i64, rank: i64): bool {
    if (!fields.next()) return false;
    const cause = causeOf(fields.ptr, fields.len);
    const opened = fields.whole();
    const flags = fields.whole();
    if (!fields.next() || fields.len != 16 || !isHex(fields.ptr, 16)) return false;
    this.gateway = hexNumber(fields.ptr);
    const sent = fields.whole();
    const lasts = fields.whole();
    const size = fields.ptr + fields.len - payload;
    if (opened < 0 || flags < 0 || sent <= 0 || lasts < 0 || size > MOST_PAYLOAD) return false;
    this.version = <u64>version;
    this.until = until;
    this.rank = <u8>rank;
    this.cause = <u8>cause;
    this.opened = <u16>min<i64>(opened, 0xffff);
    this.flags = <u32>flags;
    this.sent = sent;
    this.lasts = lasts;
    this.op = rank == 2 ? StoreOp.TakeOut : rank == 1 ? StoreOp.BringBack : until > 0 ? StoreOp.Open : StoreOp.Close;
    if (!fields.next() || fields.len != 16 || !isHex(fields.ptr, 16)) return false;
    return hexNumber(fields.ptr) == signatureOf(key, this.op, id, payload, size);
  }

  /** Whether the times are those that were signed. */
  private isMeant(now: i64): bool {
    if (this.sent > now + MOST_DRIFT) return false;
    if (this.op == StoreOp.Close || this.op == StoreOp.BringBack) return this.sent >= now - MOST_AGE;
    const drift = this.until - (this.sent + this.lasts);
    return drift >= -MOST_DRIFT && drift <= MOST_DRIFT;
  }
}

function addNumber(to: Writer, value: u64): void {
  to.byte(SPACE);
  to.decimal(value);
}

function signatureOf(key: FleetKey, op: StoreOp, id: usize, payload: usize, size: usize): u64 {
  signed.into(signedRoom, SIGNED_SIZE);
  signed.byte(op);
  signed.raw(id, ID_SIZE);
  signed.raw(payload, size);
  return key.sign(signed.ptr, signed.len);
}

/** A cause that a later version of the module has is the provider's, which asks the least of anybody. */
function causeOf(ptr: usize, len: usize): Cause {
  for (let cause = 0; cause < CAUSES; cause++) if (causeName(cause).equals(ptr, len)) return cause;
  return Cause.Provider;
}

/** Walks over fields between single spaces. */
class FieldReader {
  /** Where the next one begins. */
  at: usize = 0;
  ptr: usize = 0;
  len: usize = 0;
  private end: usize = 0;

  start(ptr: usize, len: usize): void {
    this.at = ptr;
    this.end = ptr + len;
  }

  /** False: there is none. */
  next(): bool {
    this.ptr = this.at;
    let p = this.at;
    while (p < this.end && load<u8>(p) != SPACE) p++;
    this.len = p - this.ptr;
    this.at = p < this.end ? p + 1 : p;
    return this.len > 0;
  }

  /** Negative: it is no number from 0. */
  whole(): i64 {
    if (!this.next()) return NOT_WHOLE;
    return parseWhole(this.ptr, this.len);
  }
}

const fields = new FieldReader();
