import { Span } from "../text/span";
import { Refusal } from "../response/replies";

/** A request that went the way of a real one, but for being sent. */
export class DryRun {
  /** An `Exchange`. */
  exchange: usize = 0;
  /** What its client would be told; null: nothing is wrong. */
  refusal: Refusal | null = null;
  /** The gateway itself would answer: with its list of models, or what a browser asks of it. */
  isAnswered: bool = false;
  /** It shows no client's key, for which it would be refused; here that does not count. */
  lacksKey: bool = false;
  /** The `Hop` where it would go; 0: nowhere, or not yet. */
  first: usize = 0;
  /** The headers that this hop would get, in the host's layout. */
  readonly sent: Span = new Span();
}
