/** One line when a token or a provider goes out, and one when it is back; of the worker that noticed it. */
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";
import { Provider } from "../config/provider";
import { BreakerListener } from "../health/breaker-events";
import { writeGateway } from "../fleet/store-poll";
import { NS_PER_MS } from "../text/time-units";
import { Entry } from "../health/ledger-record";
import { Cause, causeName } from "../health/verdict";
import * as host from "../proxywasm/host";

const CAPACITY: usize = 4 << 10;
const scratch: usize = heap.alloc(CAPACITY);
const line = new Writer();

const OUT = Bytes.of(" is out");
const BACK = Bytes.of(" is back");
const ONE_MODEL = Bytes.of(" for one model");
const ONE_API = Bytes.of(" for one API");
const CAUSE = Bytes.of(": ");
const AGAIN = Bytes.of(", tried again in ");
const MS = Bytes.of("ms");
const TAKEN_OUT = Bytes.of(" was taken out");
const BROUGHT_BACK = Bytes.of(" was brought back");
const BY_GATEWAY = Bytes.of(" at gateway ");
const SLASH: i32 = 0x2f;
const SECOND: i32 = 0x73;

export class BreakerLog extends BreakerListener {
  /** A warning where somebody may have to do something; a rate limit passes by itself. */
  opened(provider: Provider, place: i32, entry: Entry): void {
    const level = entry.isRateLimit ? host.LogLevel.Info : host.LogLevel.Warn;
    if (!host.logs(level)) return;
    begin(provider, place, entry, OUT);
    line.text(CAUSE);
    line.text(causeName(<Cause>entry.cause));
    line.text(AGAIN);
    const ms = (entry.openUntil - entry.touched) / NS_PER_MS;
    line.decimal(ms < 1000 ? ms : (ms + 500) / 1000);
    if (ms < 1000) line.text(MS);
    else line.byte(SECOND);
    host.logBytes(level, line.ptr, line.len);
  }

  closed(provider: Provider, place: i32, entry: Entry): void {
    if (!host.logs(host.LogLevel.Info)) return;
    begin(provider, place, entry, BACK);
    host.logBytes(host.LogLevel.Info, line.ptr, line.len);
  }

  ordered(provider: Provider, place: i32, entry: Entry, isOut: bool): void {
    begin(provider, place, entry, isOut ? TAKEN_OUT : BROUGHT_BACK);
    line.text(BY_GATEWAY);
    writeGateway(line, entry.fleetGateway);
    host.logBytes(host.LogLevel.Warn, line.ptr, line.len);
  }
}

function begin(provider: Provider, place: i32, entry: Entry, what: Bytes): void {
  line.into(scratch, CAPACITY);
  line.text(provider.id);
  if (place >= 0 && place < provider.tokens.length) {
    line.byte(SLASH);
    line.text(provider.tokens[place].label);
  }
  line.text(what);
  if (entry.model != 0) line.text(entry.isOfApi ? ONE_API : ONE_MODEL);
}
