/** How a request ended, in the words that metrics, records, log lines, /status and the console share. docs/decisions.md explains them. */
import { Exchange, Outcome } from "../request/exchange";

export enum RequestOutcome {
  /** By the first attempt. */
  Served,
  /** By a later one. */
  Rescued,
  /** The provider's own failed answer. */
  Returned,
  /** An answer of the gateway's own, before any attempt failed. */
  Refused,
  /** Every attempt failed, or the answer broke off. */
  Failed,
  ClientLeft,
}

/** By `RequestOutcome`. */
export const OUTCOME_NAMES: string[] = ["served", "rescued", "returned", "refused", "failed", "client-left"];

/** Of a request that is over. */
export function outcomeOf(x: Exchange): RequestOutcome {
  if (x.hasClientLeft) return RequestOutcome.ClientLeft;
  if (x.wasCutOff) return RequestOutcome.Failed;
  switch (x.outcome) {
    case Outcome.Served:
      return x.stepCount > 1 ? RequestOutcome.Rescued : RequestOutcome.Served;
    case Outcome.Returned:
      return RequestOutcome.Returned;
    case Outcome.Refused:
      return RequestOutcome.Refused;
    default:
      return RequestOutcome.Failed;
  }
}
