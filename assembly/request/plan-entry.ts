import { Upstream } from "../config/route";

/** One upstream in a plan's order. Several may have the same provider, with other models. */
@unmanaged
export class PlanEntry {
  /** A managed `Upstream`. */
  upstream: usize;
  /** A `ModelName`; 0: the client's name stays. */
  target: usize;
  /** Hash of the model's name there: its key in the ledger. */
  model: u64;
  /** An attempt went there. */
  wasAsked: bool;
  /** What it said would be said again, by any of its tokens: nothing of it is tried once more. */
  isClosed: bool;
  /** It has had its second try after a fault of the provider. */
  hadSecondTry: bool;
  /** Further tokens used on it. */
  retries: i32;
  /** When it was first passed over, monotonic ns; 0: never. Only where records are wanted. */
  skippedAt: u64;
  /** Why: a bit for each cause; 0: no token of it is for this model, or another request has its trial. */
  skippedFor: u32;
  /** In how many ns it would have opened; u64.MAX_VALUE: never by itself. */
  skippedOpensIn: u64;
}

export function upstreamOf(entry: PlanEntry): Upstream {
  return changetype<Upstream>(entry.upstream);
}
