/** Tells all who want to know of a breaker that opens or closes, or is ordered to. */
import { Provider } from "../config/provider";
import { BreakerListener } from "../health/breaker-events";
import { Entry } from "../health/ledger-record";
import { evidence } from "../response/evidence";
import { BreakerHistory } from "./breaker-history";
import { BreakerLog } from "./breaker-log";

export class BreakerWatch extends BreakerListener {
  private readonly log: BreakerLog = new BreakerLog();

  constructor(private readonly history: BreakerHistory) {
    super();
  }

  opened(provider: Provider, place: i32, entry: Entry): void {
    this.log.opened(provider, place, entry);
    this.history.opened(provider, place, entry);
  }

  closed(provider: Provider, place: i32, entry: Entry): void {
    this.log.closed(provider, place, entry);
    this.history.closed(provider, place, entry);
  }

  ordered(provider: Provider, place: i32, entry: Entry, isOut: bool): void {
    // One that was given here is told by who carries it out.
    if (!evidence.isLearnt) return;
    this.log.ordered(provider, place, entry, isOut);
    this.history.ordered(provider, place, entry, isOut);
  }
}
