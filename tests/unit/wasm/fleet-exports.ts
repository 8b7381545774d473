import { Bytes } from "../../../assembly/text/bytes";
import { Writer } from "../../../assembly/text/writer";
import { FleetConfig } from "../../../assembly/config/fleet-config";
import { FleetKey } from "../../../assembly/fleet/fleet-key";
import { RespReader } from "../../../assembly/fleet/resp-reader";
import { RespWriter } from "../../../assembly/fleet/resp-writer";
import { faultOf, faultOfConnection, faultWords } from "../../../assembly/fleet/store-fault";
import { StoreKnowledge, StorePoll } from "../../../assembly/fleet/store-poll";
import { Reading, StoredEntry } from "../../../assembly/fleet/stored-entry";
import { parseStoreUrl, StoreUrl } from "../../../assembly/config/store-url";

export function alloc(size: usize): usize {
  return heap.alloc(size);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

// === RESP ===

const reader = new RespReader();

export function startRead(ptr: usize, len: usize): void {
  reader.start(ptr, len);
}

export function next(): i32 {
  return reader.next();
}

export function skip(): void {
  reader.skip();
}

export function itemPtr(): usize {
  return reader.ptr;
}

export function itemLen(): usize {
  return reader.len;
}

export function itemNumber(): i64 {
  return reader.number;
}

export function isBroken(): bool {
  return reader.isBroken;
}

export function isAtEnd(): bool {
  return reader.isAtEnd;
}

const out = new Writer();

export function writeCommand(room: usize, capacity: usize, text: usize, len: usize, number: i64): usize {
  out.into(room, capacity);
  new RespWriter(out).command(2).bytes(text, len).number(number);
  return out.hasOverflowed ? 0 : out.len;
}

// === Entries ===

let config = newFleet();
let key = new FleetKey(config);
const stored = new StoredEntry();

function newFleet(): FleetConfig {
  const made = new FleetConfig();
  made.name = Bytes.of("tests");
  made.cluster = Bytes.of("_fleet");
  return made;
}

export function fleet(secret: u64): void {
  config = newFleet();
  config.nameKey0 = secret;
  config.nameKey1 = secret + 1;
  config.signKey0 = secret + 2;
  config.signKey1 = secret + 3;
  key = new FleetKey(config);
}

export function login(user: usize, userLen: usize, password: usize, passwordLen: usize, database: i32): void {
  config.user = Bytes.copy(user, userLen);
  config.password = Bytes.copy(password, passwordLen);
  config.database = database;
}

export function writeId(room: usize, provider: u64, token: u64, model: u64): usize {
  out.into(room, 64);
  key.writeId(out, provider, token, model);
  return out.len;
}

/** Of what `readId` finds: provider, token, model. */
export function readId(ptr: usize, len: usize, part: i32): u64 {
  const id = key.readId(ptr, len);
  if (id === null) return 0;
  return part == 0 ? id.provider : part == 1 ? id.token : id.model;
}

export function writePayload(
  room: usize,
  id: usize,
  op: i32,
  cause: i32,
  opened: i32,
  flags: u32,
  gateway: u64,
  sent: i64,
  lasts: i64,
): usize {
  stored.op = op;
  stored.cause = <u8>cause;
  stored.opened = <u16>opened;
  stored.flags = flags;
  stored.gateway = gateway;
  stored.sent = sent;
  stored.lasts = lasts;
  out.into(room, 256);
  stored.writePayload(out, key, id);
  return out.hasOverflowed ? 0 : out.len;
}

export function readEntry(id: usize, ptr: usize, len: usize, now: i64): bool {
  return stored.read(key, id, ptr, len, now) == Reading.Good;
}

export function isNewer(id: usize, ptr: usize, len: usize, now: i64): bool {
  return stored.read(key, id, ptr, len, now) == Reading.Newer;
}

export function entryOp(): i32 {
  return stored.op;
}

export function entryField(i: i32): i64 {
  switch (i) {
    case 0:
      return <i64>stored.version;
    case 1:
      return stored.until;
    case 2:
      return stored.rank;
    case 3:
      return stored.cause;
    case 4:
      return stored.opened;
    case 5:
      return stored.flags;
    default:
      return <i64>stored.gateway;
  }
}

// === Calls ===

let poll = new StorePoll(config, key);
const known = new StoreKnowledge();

export function newPoll(): void {
  poll = new StorePoll(config, key);
}

export function writePoll(room: usize, capacity: usize, sendsScript: bool, presence: u32): usize {
  out.into(room, capacity);
  return poll.write(out, known, sendsScript, presence, 0) ? out.len : 0;
}

export function readPoll(ptr: usize, len: usize): bool {
  return poll.read(ptr, len);
}

export function pollFault(): i32 {
  return poll.fault;
}

export function pollLacksScript(): bool {
  return poll.lacksScript;
}

/** How many of the entries a member wrote. */
export function signedEntries(): i32 {
  return poll.entries;
}

/** The next gateway of the answer that was read last; before the first one `startGateways`. */
export function startGateways(): bool {
  poll.startGateways();
  return poll.gateways >= 0;
}

export function nextGateway(): bool {
  return poll.nextGateway();
}

export function gatewayPtr(): usize {
  return poll.gatewayPtr;
}

export function gatewayLen(): usize {
  return poll.gatewayLen;
}

export function gatewaySeenAgo(): i64 {
  return poll.seenAgo;
}

export function connectionFault(ptr: usize, len: usize): i32 {
  return faultOfConnection(ptr, len);
}

export function faultOfText(ptr: usize, len: usize): i32 {
  return faultOf(ptr, len);
}

export function faultPtr(fault: i32): usize {
  return faultWords(fault).ptr;
}

export function faultLen(fault: i32): usize {
  return faultWords(fault).len;
}

// === URLs ===

let url = new StoreUrl();
let part = Bytes.of("");

export function parseUrl(ptr: usize, len: usize): void {
  url = parseStoreUrl(String.UTF8.decodeUnsafe(ptr, len));
}

export function urlPart(i: i32): usize {
  const texts = [url.fault, url.scheme, url.user, url.password, url.host];
  part = Bytes.of(i < texts.length ? texts[i] : i == 5 ? `${<i32>url.port}` : `${<i32>url.database}`);
  return part.ptr;
}

export function urlPartLen(): usize {
  return part.len;
}
