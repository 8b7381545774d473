/**
 * The last changes of breakers, for people: who went out, why, with which request, in which words, and who came back. Each change has
 * a slot of its own in shared data, so that all workers see one history, also after a reload:
 *
 *   <prefix>next   u64      how many changes there were
 *   <prefix>0 ... 127       the change whose number has this rest: a `Change`, then its texts, one after the other
 *
 * A number is drawn by compare-and-swap. A change whose slot another has overtaken is lost: it was about to be forgotten.
 */
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";
import { sequenceLength } from "../text/utf8";
import { Provider } from "../config/provider";
import { BreakerListener } from "../health/breaker-events";
import { messageOf, shown } from "../health/shown-message";
import { Entry } from "../health/ledger-record";
import { ABSENT, Store } from "../health/ledger-store";
import { evidence } from "../response/evidence";
import * as host from "../proxywasm/host";
import { BreakerWord } from "./breaker-word";

export const HISTORY_LENGTH: i32 = 128;
const LAYOUT: u32 = 1;
const TRIES = 4;

export const CHANGE_OF_API: u8 = 1;
/** By a person. */
export const CHANGE_ORDERED: u8 = 2;

@unmanaged
export class Change {
  layout: u32 = 0;
  word: u8 = 0;
  cause: u8 = 0;
  flags: u8 = 0;
  private unused: u8 = 0;
  /** From 1. */
  number: u64 = 0;
  /** Monotonic ns. */
  at: u64 = 0;
  /** `keyOf` its provider. */
  provider: u64 = 0;
  /** Keys in the ledger; 0: whatever the token, whatever the model. */
  token: u64 = 0;
  model: u64 = 0;
  /** Of the request that brought it about; 0: not known. */
  vm: u64 = 0;
  serial: u64 = 0;
  idLen: u16 = 0;
  labelLen: u16 = 0;
  nameLen: u16 = 0;
  wordsLen: u16 = 0;
  byLen: u16 = 0;

  get isOrdered(): bool {
    return (this.flags & CHANGE_ORDERED) != 0;
  }

  get id(): usize {
    return changetype<usize>(this) + offsetof<Change>();
  }

  get label(): usize {
    return this.id + this.idLen;
  }

  /** The model's name at the provider, or the API's path. */
  get name(): usize {
    return this.label + this.labelLen;
  }

  /** The provider's own words. */
  get words(): usize {
    return this.name + this.nameLen;
  }

  /** Who ordered it. */
  get by(): usize {
    return this.words + this.wordsLen;
  }

  get size(): usize {
    return this.by + this.byLen - changetype<usize>(this);
  }
}

const MOST_TEXT: usize = 64;
const MOST_WORDS: usize = 240;
const SLOT: usize = (offsetof<Change>() + 4 * MOST_TEXT + MOST_WORDS + 7) & ~7;

const PREFIX = `ai-failover/history/${LAYOUT}/`;
const NEXT = Bytes.of(PREFIX + "next");
const KEYS: Bytes[] = [];
for (let i = 0; i < HISTORY_LENGTH; i++) KEYS.push(Bytes.of(PREFIX + i.toString()));

/** What changes of a provider are found by, in every configuration that has it. */
export function keyOf(provider: Provider): u64 {
  return provider.ledgerHash;
}

const hex = new Writer();
const GATEWAY = Bytes.of("gateway ");

const draft = changetype<Change>(heap.alloc(SLOT));
const number: usize = memory.data(8);

export class BreakerHistory extends BreakerListener {
  /** What `read` found: slots, the newest first. */
  count: i32 = 0;
  private room: usize = 0;
  private order: StaticArray<usize> = new StaticArray<usize>(0);

  constructor(private readonly store: Store) {
    super();
  }

  // === Writing ===

  opened(provider: Provider, place: i32, entry: Entry): void {
    this.note(provider, place, entry, entry.isRateLimit ? BreakerWord.RateLimited : BreakerWord.Out);
  }

  closed(provider: Provider, place: i32, entry: Entry): void {
    this.note(provider, place, entry, BreakerWord.Live);
  }

  private note(provider: Provider, place: i32, entry: Entry, word: BreakerWord): void {
    // An order is told by itself.
    if (evidence.isOrder) return;
    begin(provider, entry.token, entry.model, word);
    draft.cause = entry.cause;
    if (entry.isOfApi) draft.flags |= CHANGE_OF_API;
    addLabel(provider, place);
    if (evidence.isLearnt) addGateway(entry.fleetGateway);
    if (word != BreakerWord.Live && evidence.isOf(provider, place, entry.model)) addEvidence(entry);
    this.add();
  }

  /** By a person, at another gateway of the fleet. */
  ordered(provider: Provider, place: i32, entry: Entry, isOut: bool): void {
    begin(provider, entry.token, entry.model, isOut ? BreakerWord.TakenOut : BreakerWord.Live);
    draft.flags = CHANGE_ORDERED;
    addLabel(provider, place);
    addGateway(entry.fleetGateway);
    this.add();
  }

  /** A person's order that was given here. `place`: of the token; -1: the whole provider. */
  carriedOut(provider: Provider, place: i32, token: u64, word: BreakerWord, by: usize, byLen: usize): void {
    begin(provider, token, 0, word);
    draft.flags = CHANGE_ORDERED;
    addLabel(provider, place);
    draft.byLen = copyCut(draft.by, by, byLen, MOST_TEXT);
    this.add();
  }

  private add(): void {
    for (let i = 0; i < TRIES; i++) {
      const isThere = this.store.read(NEXT);
      const last = isThere && this.store.len == 8 ? load<u64>(this.store.ptr) : 0;
      store<u64>(number, last + 1);
      if (!this.store.write(NEXT, number, 8, isThere ? this.store.version : ABSENT)) continue;
      draft.number = last + 1;
      const key = unchecked(KEYS[<i32>(draft.number % HISTORY_LENGTH)]);
      const version = this.store.read(key) ? this.store.version : ABSENT;
      this.store.write(key, changetype<usize>(draft), draft.size, version);
      return;
    }
  }

  // === Reading ===

  /** Copies what there is. */
  read(): void {
    if (this.room == 0) {
      this.room = heap.alloc(SLOT * HISTORY_LENGTH);
      this.order = new StaticArray<usize>(HISTORY_LENGTH);
    }
    this.count = 0;
    for (let i = 0; i < HISTORY_LENGTH; i++) {
      if (!this.store.read(unchecked(KEYS[i])) || this.store.len < offsetof<Change>() || this.store.len > SLOT)
        continue;
      const change = changetype<Change>(this.room + SLOT * <usize>this.count);
      memory.copy(changetype<usize>(change), this.store.ptr, this.store.len);
      if (change.layout == LAYOUT && change.size == this.store.len) this.insert(change);
    }
  }

  private insert(change: Change): void {
    let i = this.count++;
    for (; i > 0 && this.at(i - 1).number < change.number; i--) unchecked((this.order[i] = this.order[i - 1]));
    unchecked((this.order[i] = changetype<usize>(change)));
  }

  at(i: i32): Change {
    return changetype<Change>(unchecked(this.order[i]));
  }

  /** The newest change that put this breaker out; null: it is forgotten. After `read`. */
  find(provider: u64, token: u64, model: u64): Change | null {
    for (let i = 0; i < this.count; i++) {
      const change = this.at(i);
      if (change.provider != provider || change.token != token || change.model != model) continue;
      if (change.word == BreakerWord.Live) return null;
      // What a person does tells nothing of what was learnt before.
      if (!change.isOrdered) return change;
    }
    return null;
  }

  /** The order that took a token out, or where `token` is 0 a provider; null: it is forgotten. After `read`. */
  findOrder(provider: u64, token: u64): Change | null {
    for (let i = 0; i < this.count; i++) {
      const change = this.at(i);
      if (change.provider != provider || change.token != token || change.model != 0 || !change.isOrdered) continue;
      return change.word == BreakerWord.TakenOut ? change : null;
    }
    return null;
  }

  /** Gives its memory back: nothing of it is used any more. */
  drop(): void {
    if (this.room != 0) heap.free(this.room);
    this.room = 0;
    this.count = 0;
  }
}

function begin(provider: Provider, token: u64, model: u64, word: BreakerWord): void {
  memory.fill(changetype<usize>(draft), 0, offsetof<Change>());
  draft.layout = LAYOUT;
  draft.at = host.monotonic();
  draft.word = <u8>word;
  draft.provider = keyOf(provider);
  draft.token = token;
  draft.model = model;
  draft.idLen = copyCut(draft.id, provider.id.ptr, provider.id.len, MOST_TEXT);
}

function addLabel(provider: Provider, place: i32): void {
  if (place < 0 || place >= provider.tokens.length) return;
  const label = unchecked(provider.tokens[place]).label;
  draft.labelLen = copyCut(draft.label, label.ptr, label.len, MOST_TEXT);
}

/** Who learnt it, in the place of who ordered it: "gateway 9f86d081a1b2c3d4". */
function addGateway(gateway: u64): void {
  if (gateway == 0) return;
  const by = draft.by;
  memory.copy(by, GATEWAY.ptr, GATEWAY.len);
  hex.into(by + GATEWAY.len, 16);
  store<u64>(number, bswap<u64>(gateway));
  hex.hex(number, 8);
  draft.byLen = <u16>(GATEWAY.len + 16);
}

function addEvidence(entry: Entry): void {
  draft.vm = evidence.vm;
  draft.serial = evidence.serial;
  if (entry.model != 0 && entry.isOfApi)
    draft.nameLen = copyCut(draft.name, evidence.path, evidence.pathLen, MOST_TEXT);
  else if (entry.model != 0) draft.nameLen = copyCut(draft.name, evidence.name, evidence.nameLen, MOST_TEXT);
  if (evidence.bodyLen == 0) return;
  messageOf(evidence.body, evidence.bodyLen, evidence.secret, evidence.secretLen);
  draft.wordsLen = copyCut(draft.words, shown.ptr, shown.len, MOST_WORDS);
}

/** Cuts no character in two. */
function copyCut(to: usize, ptr: usize, len: usize, most: usize): u16 {
  let size = min(len, most);
  if (size < len) {
    size = 0;
    while (size < most) {
      const n = max<usize>(sequenceLength(ptr + size, ptr + len), 1);
      if (size + n > most) break;
      size += n;
    }
  }
  memory.copy(to, ptr, size);
  return <u16>size;
}
