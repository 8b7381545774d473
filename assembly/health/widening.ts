/**
 * How a failure of one model becomes the whole token's, or the whole provider's.
 *
 *            a verdict that `widens`                        a second model fails in the same way,
 *                                                           nothing has succeeded in between
 *   token x model      ---- counts there, and ---->  token     : suspicion  ------------------>  token is out
 *   provider x model   ---- leaves there a ------->  provider  : suspicion  ------------------>  provider is out
 *
 * A suspicion is a closed entry of the wide breaker: which model failed first, in which way, how often, in which exchanges.
 *
 *   - What one model alone provokes can never widen, however often it fails.
 *   - What one exchange alone provokes can never widen: an exchange counts once.
 *   - It opens the wide breaker when two models have failed and the failures together reach that breaker's threshold.
 *   - A good answer of the token, or of the provider, for any model removes the suspicion.
 *   - A failure in another way begins a new suspicion.
 *   - A free probe that is refused counts as the second model (`UpdateKind.ProbeBad`).
 *
 * An open wide breaker has its trial with one model. When that fails in a way that is the model's, the model alone is out for longer;
 * the wide breaker only when the trial of a second model fails too. When the wide breaker closes, the narrow ones stay as they were.
 */
import { Cause, Scope } from "./verdict";
import { Entry, FLAG_CORROBORATED } from "./ledger-record";

/** What a failure of one model may widen to; Nobody: it never does. */
export function wideScope(narrow: Scope): Scope {
  if (narrow == Scope.TokenModel) return Scope.Token;
  return narrow == Scope.ProviderModel ? Scope.Provider : Scope.Nobody;
}

/** The provider's: an error, no answer, or not in time. */
export function isFault(cause: Cause): bool {
  return cause == Cause.Provider || cause == Cause.Connect || cause == Cause.Slow || cause == Cause.BrokenStream;
}

function isSameWay(entry: Entry, cause: Cause): bool {
  return entry.suspect == <u8>cause || (isFault(<Cause>entry.suspect) && isFault(cause));
}

/** Adds a failure of `model` to the suspicion. False: its exchange has counted. */
export function suspect(entry: Entry, model: u64, cause: Cause, halves: i32, exchange: u32): bool {
  if (entry.hasCounted(exchange)) return false;
  if (entry.suspicions > 0 && !isSameWay(entry, cause)) dismiss(entry);
  entry.suspect = <u8>cause;
  if (entry.firstModel == 0) entry.firstModel = model;
  else if (entry.firstModel != model) entry.flags |= FLAG_CORROBORATED;
  entry.suspicions = <u16>min<i32>(<i32>entry.suspicions + halves, 0xffff);
  entry.note(exchange);
  return true;
}

export function dismiss(entry: Entry): void {
  entry.suspicions = 0;
  entry.suspect = <u8>Cause.None;
  entry.firstModel = 0;
  entry.flags &= ~FLAG_CORROBORATED;
}
