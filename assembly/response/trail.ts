/** The trail: every attempt of an exchange and how it ended, for the client's headers, the log and our own errors. */
import { Char, isLetter } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { Provider } from "../config/provider";
import { hopKey } from "../health/token-choice";
import { Cause, Next, causeName } from "../health/verdict";
import { Exchange, stepOf } from "../request/exchange";
import { Hop } from "../request/hop";
import { Step } from "../request/attempt-step";

const CAPACITY: usize = 8 << 10;
const scratch: usize = heap.alloc(CAPACITY);
const writer = new Writer();
const FORCED = Bytes.of(";forced");
const STATUS = Bytes.of(";status=");
const CAUSE = Bytes.of(";cause=");
const MS = Bytes.of(";ms=");
const SEPARATOR = Bytes.of(", ");

const written = new Span();

/** Notes that an attempt of the current hop has begun. Answers its place in the trail. */
export function begin(x: Exchange, hop: Hop, now: u64): i32 {
  const index = x.stepCount;
  const step = stepOf(x, index);
  const provider = changetype<Provider>(hop.provider);
  step.provider = provider;
  step.token = hop.token;
  step.target = hop.target;
  step.at = now;
  step.isForced = hop.isForced;
  step.status = 0;
  step.cause = Cause.None;
  step.ms = 0;
  step.goodMs = -1;
  step.invalidEvents = 0;
  step.tokensIn = -1;
  step.tokensOut = -1;
  step.next = Next.Return;
  store<u64>(x.tried + ((<usize>index) << 3), hopKey(provider.index, hop.token, hop.model));
  x.stepCount = index + 1;
  return index;
}

export function note(step: Step, status: i32, cause: Cause, ms: i32): void {
  step.status = status;
  step.cause = cause;
  step.ms = ms;
}

/** `qwen/#9f86d081`; in quotes where the id does not begin as a token of RFC 9651, 3.3.4 must: with a letter. */
function writeHop(to: Writer, provider: Provider, token: i32): void {
  const isToken = isLetter(load<u8>(provider.id.ptr));
  if (!isToken) to.byte(Char.Quote);
  to.text(provider.id);
  to.byte(Char.Slash);
  to.text(provider.tokens[token].label);
  if (!isToken) to.byte(Char.Quote);
}

/** The trail as a list of RFC 9651, valid until the next one: `qwen/team-a;status=401;cause=credential;ms=12, deepseek/#9f86d081;status=200;ms=640`. */
export function write(x: Exchange): Span {
  writer.into(scratch, CAPACITY);
  let whole: usize = 0;
  for (let i = 0; i < x.stepCount; i++) {
    if (i > 0) writer.text(SEPARATOR);
    writeStep(writer, stepOf(x, i));
    // Half a member would be no list.
    if (writer.hasOverflowed) break;
    whole = writer.len;
  }
  return written.set(writer.ptr, whole);
}

const PERIOD = Bytes.of(". ");
const SAID = Bytes.of(" said: ");

/** What a provider said last: ". deepseek said: Insufficient Balance". */
export function writeQuote(to: Writer, x: Exchange): void {
  const said = x.said;
  if (said.len == 0) return;
  to.text(PERIOD);
  to.text(said.provider.id);
  to.text(SAID);
  to.raw(said.ptr, said.len);
}

function writeStep(to: Writer, step: Step): void {
  writeHop(to, step.provider, step.token);
  if (step.isForced) to.text(FORCED);
  if (step.status != 0) {
    to.text(STATUS);
    to.decimal(step.status);
  }
  if (step.cause != Cause.None) {
    to.text(CAUSE);
    to.text(causeName(step.cause));
  }
  to.text(MS);
  to.decimal(step.ms);
}
