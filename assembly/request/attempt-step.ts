import { Provider } from "../config/provider";
import { Cause, Next } from "../health/verdict";

/** One member of the trail: an attempt and how it ended. */
@unmanaged
export class Step {
  provider: Provider;
  token: i32;
  /** A `ModelName`; 0: the client's name. */
  target: usize;
  /** When it began, monotonic ns. */
  at: u64;
  /** Its breaker was open. */
  isForced: bool;
  /** 0: there was no answer. */
  status: i32;
  cause: Cause;
  /** Until it was judged: good, or failed. */
  ms: i32;
  /** Until it was judged good, which a failure behind that does not move; -1: it was not. */
  goodMs: i32;
  /** Events that went to the client although they were no JSON. */
  invalidEvents: u32;
  /** Tokens of the request and of the answer, as the answer counts them; -1: it does not say. */
  tokensIn: i32;
  tokensOut: i32;
  /** What its failure asked for. */
  next: Next;
}
