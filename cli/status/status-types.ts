/** `GET /status` of the status listener, version 1: what the module tells of itself. Times are ages: the module's clock is not the wall clock. */

/** A breaker's state in one word. */
export type BreakerWord = "live" | "half-open" | "rate-limited" | "out" | "taken-out";

/** One entry of the ledger that is not well, or was ordered so. */
export interface BreakerStatus {
  state: BreakerWord;
  cause: string;
  /** The provider's last words, starred; "" where none are known. */
  words: string;
  /** How long ago it opened, ms. */
  sinceMs: number;
  /** In how many ms a request or a probe may try it again; 0: now. -1: only when a person brings it back. */
  opensInMs: number;
  /** How long a person's order still holds; 0: there is none. -1: until it is brought back. */
  heldForMs: number;
  /** Who took it out; "": nobody did, or it is forgotten. */
  by: string;
  /** -1: it is not probed. */
  nextProbeMs: number;
  /** Since the last good answer of a trial; -1: there was none. */
  lastGoodMs: number;
  /** Consecutive failures that are counted. */
  failures: number;
  /** How many times in a row it has opened. */
  opened: number;
  /** Id of the request that tripped it; "" where it is not known. */
  request: string;
  /** Id of the gateway of the fleet that learnt it, or where a person took it out; "": this one, or it is not out. */
  learntFrom: string;
  failedProbes: number;
  /** `fleet`: another gateway has it, or the fleet is being asked. */
  trial: { how: "probe" | "request" | "fleet"; forMs: number; limitMs: number } | null;
}

export interface ModelStatus extends BreakerStatus {
  /** Name at the provider, or of an API its path; "#" and 8 hex digits where it is not known. "": the request named none. */
  model: string;
}

export interface TokenStatus {
  /** Its name, or '#' and the first 8 hex digits of its SHA-256. */
  name: string;
  state: BreakerWord;
  breaker: BreakerStatus | null;
  models: ModelStatus[];
}

export interface ProviderStatus {
  id: string;
  type: string;
  state: BreakerWord;
  breaker: BreakerStatus | null;
  models: ModelStatus[];
  apis: ModelStatus[];
  tokens: TokenStatus[];
}

export interface HopStatus {
  provider: string;
  /** What the model becomes there; "": the name stays. */
  model: string;
  kind: "upstream" | "fallback";
  weight: number;
}

export interface RouteStatus {
  name: string;
  models: string[];
  hops: HopStatus[];
  requests: { served: number; rescued: number; returned: number; refused: number; failed: number; clientLeft: number };
  /** Time to the first token of the last good answers, at most 64; null: there was none. */
  firstToken: { of: number; medianMs: number; slowestMs: number } | null;
}

export interface SiteStatus {
  /** Where it holds: "" for the whole gateway, else what its Higress rule matches. */
  matches: string;
  /** Why it is refused: its requests get 503. Empty: it is served. */
  mistakes: string[];
  providers: ProviderStatus[];
  routes: RouteStatus[];
}

/** A breaker that opened or closed, or a person's order; the newest first. */
export interface ChangeStatus {
  agoMs: number;
  /** Index in `sites`; -1: its provider is configured no longer. */
  site: number;
  provider: string;
  token: string;
  model: string;
  /** The path of one that the provider does not have. */
  api: string;
  state: BreakerWord;
  /** "order": a person did it. */
  cause: string;
  /** The provider's, starred. */
  words: string;
  request: string;
  /** Who gave the order. */
  by: string;
}

/** The body of `POST /status/orders`. */
export interface Order {
  do: "take-out" | "bring-back" | "try-now";
  provider: string;
  /** Absent: the whole provider. */
  token?: string;
  /** With take-out: "10m". Absent: until it is brought back. */
  for?: string;
  by?: string;
}

/** How a gateway stands with the fleet that it shares its knowledge with. */
export interface FleetStatus {
  name: string;
  /** Its own id there, drawn by chance at its start. */
  gateway: string;
  state: "in-step" | "joining" | "alone";
  /** What is wrong with the store; "": nothing. */
  why: string;
  /** How long it has been in this state. */
  sinceMs: number;
  /** Since the store's last good answer; -1: there was none. */
  heardMs: number;
  /** Entries in the store that no gateway with this `fleet.secret` wrote. */
  unsigned: number;
  /** How many gateways were seen in the last minute, or three intervals. */
  gateways: number;
  /** Up to 64 of them. */
  seen: { gateway: string; agoMs: number }[];
}

export interface Status {
  version: 1;
  gateway: { version: string; envoy: string };
  /** Unix time of the gateway, ms. */
  now: number;
  fleets: FleetStatus[];
  sites: SiteStatus[];
  /** At most `historyLength` of them. */
  history: ChangeStatus[];
  historyLength: number;
}
