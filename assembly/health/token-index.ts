/** The tokens of one provider: by place, by key, and in the order in which they may be chosen. Built once. */
import { mix } from "../text/hash";
import { Provider, TokenChoice } from "../config/provider";
import { NO_TOKEN, NameHash } from "./name-hash";

/** So many tokens a sticky choice looks at. */
const HAND: i32 = 32;

export class TokenIndex {
  /** At least one: a provider without tokens has one hop all the same. */
  readonly count: i32;
  /** Places by rank: by priority, and those of weight 0 behind the others of theirs. */
  readonly order: StaticArray<i32>;
  /** Where in `order` each group of one rank begins, and the end of the last. */
  readonly groups: StaticArray<i32>;
  /** Whether some token may serve certain models alone. */
  readonly hasModels: bool;
  private readonly keys: StaticArray<u64>;
  /** By place: its place in `order`. */
  private readonly ranks: StaticArray<i32>;
  /** Running sums of the shares, along `order`. */
  private readonly sums: StaticArray<u64>;
  /** Open addressing: place + 1; 0: free. */
  private readonly table: StaticArray<i32>;
  /** For a sticky choice: digests that stay the same over restarts and gateways, sorted within each group, and whose they are. */
  private readonly digests: StaticArray<u64>;
  private readonly byDigest: StaticArray<i32>;
  /** What `deal` found: from here to there along the digests. */
  handFrom: i32 = 0;
  handTo: i32 = 0;

  constructor(provider: Provider, names: NameHash) {
    const tokens = provider.tokens;
    const count = max(tokens.length, 1);
    const keys = new StaticArray<u64>(count);
    const sums = new StaticArray<u64>(count);
    let hasModels = false;
    for (let i = 0; i < count; i++) {
      keys[i] = i < tokens.length ? names.token(tokens[i].hash) : NO_TOKEN;
      if (i < tokens.length && tokens[i].models.length > 0) hasModels = true;
    }
    const order = orderOf(provider, count);
    let sum: u64 = 0;
    for (let i = 0; i < count; i++) {
      sum += shareOf(provider, order[i]);
      sums[i] = sum;
    }
    this.count = count;
    this.keys = keys;
    this.hasModels = hasModels;
    this.order = order;
    const ranks = new StaticArray<i32>(count);
    for (let i = 0; i < count; i++) ranks[order[i]] = i;
    this.ranks = ranks;
    this.groups = groupsOf(order, provider);
    this.sums = sums;
    this.table = tableOf(keys);
    this.digests = new StaticArray<u64>(count);
    this.byDigest = new StaticArray<i32>(count);
    this.sortDigests(provider);
  }

  private sortDigests(provider: Provider): void {
    for (let i = 1; i < this.groups.length; i++) {
      const from = this.groups[i - 1];
      const group = this.order.slice<i32[]>(from, this.groups[i]);
      digestsOf = provider;
      group.sort((a, b) => (digestOf(digestsOf!, a) < digestOf(digestsOf!, b) ? -1 : 1));
      for (let j = 0; j < group.length; j++) {
        this.byDigest[from + j] = group[j];
        this.digests[from + j] = digestOf(provider, group[j]);
      }
    }
    digestsOf = null;
  }

  keyOf(place: i32): u64 {
    return unchecked(this.keys[place]);
  }

  /** Whether the token at `place` is of the group from `from` to `to`. */
  isBetween(place: i32, from: i32, to: i32): bool {
    const rank = unchecked(this.ranks[place]);
    return rank >= from && rank < to;
  }

  /** -1: it is not configured. */
  placeOf(key: u64): i32 {
    const mask = this.table.length - 1;
    let at = (<i32>key) & mask;
    while (true) {
      const found = unchecked(this.table[at]);
      if (found == 0) return -1;
      if (unchecked(this.keys[found - 1]) == key) return found - 1;
      at = (at + 1) & mask;
    }
  }

  /** One of the group from `from` to `to` by its share. */
  draw(from: i32, to: i32, random: u64): i32 {
    const before = from > 0 ? unchecked(this.sums[from - 1]) : 0;
    const target = before + (random % (unchecked(this.sums[to - 1]) - before));
    let low = from;
    let high = to - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (unchecked(this.sums[middle]) > target) high = middle;
      else low = middle + 1;
    }
    return unchecked(this.order[low]);
  }

  /** The `i`-th by digest. */
  dealtAt(i: i32): i32 {
    return unchecked(this.byDigest[i]);
  }

  /**
   * A few of the group from `from` to `to` for a sticky caller: always the same, and of each caller others. It goes down the binary trie
   * of the digests, at each node by chance to the side of more or of fewer tokens, until few are left. A token more or less changes
   * only the chances of the nodes above it: nearly all callers keep theirs.
   */
  deal(from: i32, to: i32, caller: u64): void {
    while (to - from > HAND) {
      const differ = unchecked(this.digests[from]) ^ unchecked(this.digests[to - 1]);
      if (differ == 0) break;
      const bit = (<u64>1) << (63 - clz<u64>(differ));
      const node = (unchecked(this.digests[from]) & ~((bit << 1) - 1)) | bit;
      const middle = this.firstWith(bit, from, to);
      const chance = mix(caller ^ mix(node)) >> 32;
      if ((chance * <u64>(to - from)) >> 32 < <u64>(middle - from)) to = middle;
      else from = middle;
    }
    this.handFrom = from;
    this.handTo = to;
  }

  private firstWith(bit: u64, from: i32, to: i32): i32 {
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((unchecked(this.digests[middle]) & bit) == 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Not its key in the ledger: a caller keeps its token over a restart, and at every gateway. */
export function digestOf(provider: Provider, place: i32): u64 {
  return place < provider.tokens.length ? mix(provider.tokens[place].hash) : 0;
}

let digestsOf: Provider | null = null;

/** What a token gets of the requests, in relation to the others of its group. */
export function shareOf(provider: Provider, place: i32): u64 {
  if (provider.tokenChoice != TokenChoice.Weighted || provider.tokens.length == 0) return 1;
  return <u64>max(unchecked(provider.tokens[place]).weight, 1);
}

/** The lowest is used first. */
function rankOf(provider: Provider, place: i32): i64 {
  if (provider.tokens.length == 0) return 0;
  const token = unchecked(provider.tokens[place]);
  return ((<i64>token.priority) << 1) | (token.weight <= 0 ? 1 : 0);
}

/** By rank; of equals the order of the configuration stays: a merge sort. */
function orderOf(provider: Provider, count: i32): StaticArray<i32> {
  const order = new StaticArray<i32>(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const spare = new StaticArray<i32>(count);
  for (let width = 1; width < count; width *= 2) {
    for (let from = 0; from < count; from += 2 * width) {
      const middle = min(from + width, count);
      const to = min(from + 2 * width, count);
      let a = from;
      let b = middle;
      for (let i = from; i < to; i++) {
        const takesA = a < middle && (b >= to || rankOf(provider, order[a]) <= rankOf(provider, order[b]));
        spare[i] = takesA ? order[a++] : order[b++];
      }
    }
    for (let i = 0; i < count; i++) order[i] = spare[i];
  }
  return order;
}

function tableOf(keys: StaticArray<u64>): StaticArray<i32> {
  let size = 2;
  while (size < keys.length * 2) size *= 2;
  const table = new StaticArray<i32>(size);
  for (let place = 0; place < keys.length; place++) {
    let at = (<i32>keys[place]) & (size - 1);
    while (table[at] != 0) at = (at + 1) & (size - 1);
    table[at] = place + 1;
  }
  return table;
}

function groupsOf(order: StaticArray<i32>, provider: Provider): StaticArray<i32> {
  const starts: i32[] = [];
  for (let i = 0; i < order.length; i++)
    if (i == 0 || rankOf(provider, order[i]) != rankOf(provider, order[i - 1])) starts.push(i);
  starts.push(order.length);
  return StaticArray.fromArray(starts);
}
