import { Endpoint } from "../config/endpoint";
import { ModelName } from "../config/model-mapping";
import { Provider } from "../config/provider";

/** One place an attempt can go. Managed objects are kept alive by the exchange's configuration. */
@unmanaged
export class Hop {
  upstream: usize;
  provider: usize;
  endpoint: usize;
  /** A `ModelName`; 0: the client's name stays. */
  target: usize;
  /** Hash of the model's name there: its key in the ledger. */
  model: u64;
  token: i32;
  /** A half-open breaker's one trial. */
  isTrial: bool;
  /** Taken although its breaker is open, because nothing better was left. */
  isForced: bool;
  /** Of this attempt alone, ms (`retryTimeout`); 0: the route's limits hold. */
  limit: i32;
}

export function providerOf(hop: Hop): Provider {
  return changetype<Provider>(hop.provider);
}

export function endpointOf(hop: Hop): Endpoint {
  return changetype<Endpoint>(hop.endpoint);
}

export function targetOf(hop: Hop): ModelName | null {
  return hop.target != 0 ? changetype<ModelName>(hop.target) : null;
}
