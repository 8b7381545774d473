/** One line for a request that met a failure: which attempts were made and how it ended. No prompt, no token. */
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";
import { ClientKey } from "../config/site-config";
import { Exchange, Outcome, routeOf, stepOf } from "../request/exchange";
import * as trail from "../response/trail";
import * as host from "../proxywasm/host";
import { OUTCOME_NAMES, RequestOutcome, outcomeOf } from "./request-outcome";

const CAPACITY: usize = 16 << 10;
const scratch: usize = heap.alloc(CAPACITY);
const line = new Writer();

const PREFIX = Bytes.of("#");
/** By `RequestOutcome`. */
const SAYS: Bytes[] = OUTCOME_NAMES.map<Bytes>((word: string) => Bytes.of(" " + word));
const BROKE_OFF = Bytes.of(", broke off");
const COLON = Bytes.of(": ");
const SPACE: i32 = 0x20;

/** Does nothing for a request that its first attempt served, unless that was forced. */
export function logRequest(x: Exchange): void {
  if (x.stepCount == 0) return;
  const outcome = outcomeOf(x);
  if (x.outcome == Outcome.Served && x.stepCount == 1 && !x.wasCutOff && !stepOf(x, 0).isForced) return;
  const level = outcome == RequestOutcome.Failed ? host.LogLevel.Warn : host.LogLevel.Info;
  if (!host.logs(level)) return;
  line.into(scratch, CAPACITY);
  line.text(PREFIX);
  line.decimal(x.serial);
  line.byte(SPACE);
  if (x.clientKey != 0) {
    line.text(changetype<ClientKey>(x.clientKey).name);
    line.byte(SPACE);
  }
  line.text(routeOf(x).name);
  line.text(unchecked(SAYS[outcome]));
  if (x.wasCutOff) line.text(BROKE_OFF);
  line.text(COLON);
  const attempts = trail.write(x);
  line.raw(attempts.ptr, attempts.len);
  // Words about the request may be words of it.
  if (!x.said.isPrivate && x.outcome != Outcome.Served) trail.writeQuote(line, x);
  host.logBytes(level, line.ptr, line.len);
}
