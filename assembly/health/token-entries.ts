/**
 * Which entries of a provider's record are whose: found once after each change of the record, so that a choice costs no search. What is
 * well has no entry.
 */
import { Provider } from "../config/provider";
import { trialAt } from "./breaker-timing";
import { Record } from "./ledger-record";
import { TokenIndex } from "./token-index";

/** Until when something keeps an attempt out. */
export class Waiting {
  /** Monotonic ns; up to now: nothing does. */
  until: u64 = 0;
  /** Whether it is a rate limit that ends last. */
  isLimit: bool = false;
  /** The token that opens soonest; -1: there is none that serves this model. */
  token: i32 = -1;

  set(until: u64, isLimit: bool, token: i32): void {
    this.until = until;
    this.isLimit = isLimit;
    this.token = token;
  }
}

export class TokenEntries {
  /** A prober is at work: see `trialAt`. */
  isProbing: bool = false;
  private isJoined: bool = false;
  /** By place: where the entries of a token begin in the view, + 1; 0: it has none. */
  private readonly starts: StaticArray<i32>;
  private readonly unwell: StaticArray<i32>;
  private unwellCount: i32 = 0;
  /** Places in `tokens.order` of those that are not out as a whole, ascending; only where most are not well. */
  private readonly hopeful: StaticArray<i32>;
  private hopefulCount: i32 = 0;
  private firstWell: i32 = 0;
  private soonest: u64 = 0;
  // What a model waits for when every token is out, until that has passed.
  private readonly waiting: Waiting = new Waiting();
  private waitingModel: u64 = 0;
  private isWaitingForced: bool = false;

  constructor(
    private readonly provider: Provider,
    private readonly tokens: TokenIndex,
    private readonly view: Record,
  ) {
    this.starts = new StaticArray<i32>(tokens.count);
    this.unwell = new StaticArray<i32>(tokens.count);
    this.hopeful = new StaticArray<i32>(tokens.count);
  }

  /** The view has changed. */
  invalidate(): void {
    this.isJoined = false;
  }

  private join(): void {
    this.isJoined = true;
    this.waiting.until = 0;
    for (let i = 0; i < this.unwellCount; i++) unchecked((this.starts[unchecked(this.unwell[i])] = 0));
    this.unwellCount = 0;
    this.soonest = u64.MAX_VALUE;
    const view = this.view;
    let token: u64 = 0;
    for (let i = view.placeOf(1, 0), k = view.count; i < k; i++) {
      const entry = view.at(i);
      if (entry.isOpen)
        this.soonest = min(this.soonest, max(trialAt(this.provider, entry, this.isProbing), entry.leaseUntil));
      if (entry.token == token) continue;
      token = entry.token;
      // A token of another configuration is none of ours.
      const place = this.tokens.placeOf(token);
      if (place < 0) continue;
      unchecked((this.starts[place] = i + 1));
      unchecked((this.unwell[this.unwellCount++] = place));
    }
    this.firstWell = 0;
    const order = this.tokens.order;
    while (this.firstWell < order.length && unchecked(this.starts[unchecked(order[this.firstWell])]) != 0)
      this.firstWell++;
    this.findHopeful();
  }

  private findHopeful(): void {
    this.hopefulCount = 0;
    // Where most are well, a draw finds one.
    if (this.unwellCount * 2 < this.tokens.count) return;
    for (let i = 0, k = this.tokens.count; i < k; i++) {
      const start = unchecked(this.starts[unchecked(this.tokens.order[i])]) - 1;
      if (start >= 0 && this.view.at(start).model == 0 && this.view.at(start).isOpen) continue;
      unchecked((this.hopeful[this.hopefulCount++] = i));
    }
  }

  /** Index in the view of the first entry of the token at `place`; -1: it is well. */
  firstOf(place: i32): i32 {
    if (!this.isJoined) this.join();
    return unchecked(this.starts[place]) - 1;
  }

  /** How many tokens are not well. */
  get count(): i32 {
    if (!this.isJoined) this.join();
    return this.unwellCount;
  }

  /** Place of one that is not well. */
  at(i: i32): i32 {
    return unchecked(this.unwell[i]);
  }

  /** Place of the first in the order that is well; -1: none is. */
  get well(): i32 {
    if (!this.isJoined) this.join();
    return this.firstWell < this.tokens.count ? unchecked(this.tokens.order[this.firstWell]) : -1;
  }

  /** Before this no entry of a token lets anything through. */
  get soonestTrial(): u64 {
    if (!this.isJoined) this.join();
    return this.soonest;
  }

  /** Whether it pays to look only at those that are not out as a whole. */
  isMostlyOut(now: u64): bool {
    return this.count * 2 >= this.tokens.count && this.soonest > now;
  }

  /** How many of those that are not out as a whole come before `position` in the order. */
  hopefulBefore(position: i32): i32 {
    let low = 0;
    let high = this.hopefulCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (unchecked(this.hopeful[middle]) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Place of one of them. */
  hopefulAt(i: i32): i32 {
    return unchecked(this.tokens.order[unchecked(this.hopeful[i])]);
  }

  /** What was found for this model, if it still holds. */
  recall(model: u64, isForced: bool, now: u64, to: Waiting): bool {
    const known = this.waiting;
    if (!this.isJoined || known.until <= now || this.waitingModel != model || this.isWaitingForced != isForced)
      return false;
    to.set(known.until, known.isLimit, known.token);
    return true;
  }

  remember(model: u64, isForced: bool, found: Waiting): void {
    this.waiting.set(found.until, found.isLimit, found.token);
    this.waitingModel = model;
    this.isWaitingForced = isForced;
  }
}
