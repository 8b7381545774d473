/**
 * The configuration as the request path reads it: built once in on_configure, never changed afterwards, but for a cluster that is
 * not there (filters/missing-cluster).
 * Text that goes to the host is kept as bytes, durations are milliseconds, sizes bytes.
 */
import { Bytes } from "../text/bytes";
import { Predicate, matchesAny } from "./predicate";
import { Family } from "./presets";
import { RouteIndex } from "./route-index";

/** The shape of a request and of its answer. */
export enum Dialect {
  Chat, // /v1/chat/completions
  Completions, // /v1/completions
  Responses, // /v1/responses
  Messages, // /v1/messages, Anthropic's
  Other, // embeddings, images, audio: one JSON or binary answer
}

export enum Guard {
  None,
  FirstEvent,
  Full,
}

export enum TokenChoice {
  Random,
  Weighted,
  Sticky,
}

export enum StickyBy {
  Credential,
  User,
  Header,
}

export enum ResponseHeaders {
  Off,
  Basic,
  Trail,
}

/**
 * Who picks the cluster: the host's own route (Higress, an ingress); the plan, through filter state; or the attempt filter, which is
 * an HTTP filter of an internal listener that every attempt passes.
 */
export enum Routing {
  Host,
  Plan,
  Listener,
}

/** Where a rule sends the request. */
export enum RuleThen {
  NextToken,
  NextProvider,
  Return,
}

/** What a rule takes out. */
export enum RuleOut {
  Nobody,
  Token,
  TokenModel,
  ProviderModel,
  Provider,
}

/** What the failure table had in mind, as bits: a rule may hold only there. */
export enum RuleFrom {
  /** The answer would be returned, at once or after a second opinion. */
  End = 1,
  NextProvider = 2,
  /** Another token, or the same provider once more. */
  SameProvider = 4,
  GoingOn = 6,
  Any = 7,
}

/** Causes that a rule may name, as bits. */
export enum RuleCause {
  ContextWindow = 1,
  ContentFilter = 2,
  Caller = 4,
}

/** Of `then` and `out`: the failure table's word holds. */
export const KEEPS = -1;

/** What the operator says of certain failed answers. All that it names must fit. */
export class AnswerRule {
  /** null: any. */
  statuses: StatusSet | null = null;
  /** All statuses but these. */
  isExcept: bool = false;
  code: Bytes | null = null;
  /** A part of the message; case does not count. */
  contains: Bytes | null = null;
  /** `RuleCause`; 0: any. */
  causes: i32 = 0;
  /** `RuleFrom`. */
  from: i32 = RuleFrom.Any;
  /** `RuleThen`, or KEEPS. */
  then: i32 = KEEPS;
  /** `RuleOut`, or KEEPS. */
  out: i32 = KEEPS;
  /** How long that is out; 0: as for any failure. */
  forMs: i32 = 0;
  /** No other provider is tried. */
  stays: bool = false;
  /** The rules behind it count as well. */
  goesOn: bool = false;
}

export class Token {
  /** Shown to people: its name, or '#' and the first 8 hex digits of its SHA-256. */
  label!: Bytes;
  /** "Bearer " and the token in one buffer: the bare token starts at `bearer.ptr + 7`. */
  bearer!: Bytes;
  /** First 8 bytes of SHA-256(token): its key in the ledger, together with the provider's record. */
  hash: u64 = 0;
  /** Its share with TokenChoice.Weighted; 0: only when nothing else of its priority is live. */
  weight: i32 = 1;
  /** 0 is used first; a higher number is a reserve: only when no token of a lower one is live. */
  priority: i32 = 0;
  /** Names at the provider that it may be used for; empty: every model. */
  models: Predicate[] = [];

  /** Whether it may be used for a model, by its name at the provider; a request without a model may use every token. */
  serves(model: usize, len: usize): bool {
    return len == 0 || matchesAny(this.models, model, len);
  }

  get secret(): usize {
    return this.bearer.ptr + BEARER_SIZE;
  }

  get secretLen(): usize {
    return this.bearer.len - BEARER_SIZE;
  }
}

/** "Bearer " */
const BEARER_SIZE: usize = 7;

/** Where and how one dialect of a provider is reached. */
export class Endpoint {
  cluster!: Bytes;
  authority!: Bytes;
  /** Put before the API path without its "/v1": "/compatible-mode/v1" + "/chat/completions". */
  base!: Bytes;
  /** May hold "{model}" (Azure). Added to the query; without '?'. */
  query: Bytes | null = null;
  /** Lower case: "authorization", "x-api-key", "api-key". */
  authHeader!: Bytes;
  /** Whether "Bearer " stands before the token. */
  bearer: bool = true;
  /** The client's path goes through unchanged (type generic). */
  keepPath: bool = false;
  /** "anthropic-version" where a client did not send one; else null. */
  versionHeader: Bytes | null = null;
  versionValue: Bytes | null = null;
}

export class FailoverPolicy {
  enabled: bool = true;
  failureThreshold: i32 = 1;
  successThreshold: i32 = 1;
  healthCheckInterval: i32 = 5000;
  healthCheckTimeout: i32 = 10000;
  healthCheckModel: Bytes | null = null;
  /** 0: 30 s doubling to 10 min where no probe is possible, for an empty account 2 min doubling to 30 min. */
  cooldownDuration: i32 = 0;
}

export class RetryPolicy {
  enabled: bool = true;
  /** Further tokens of this provider; 0: all live ones. */
  maxRetries: i32 = 0;
  /** Of one attempt; 0: attemptTimeout. */
  retryTimeout: i32 = 0;
}

export class BreakerPolicy {
  failureThreshold: i32 = 3;
  openFor: i32 = 5000;
  maxOpenFor: i32 = 60000;
}

/** A path of a provider that is no API of ours, and goes to it all the same. */
export class AllowedPath {
  /** null: any. */
  method: Bytes | null = null;
  /** Without "/v1", and without the '*' at its end. */
  path!: Bytes;
  isPrefix: bool = false;
}

/** A provider: where it is, its tokens, and how its failures are counted. */
export class Provider {
  /** Position in Config.providers. */
  index: i32 = 0;
  /** Whether the configuration says its cluster; else it is what Higress's console would call it. */
  namesCluster: bool = false;
  /** It has been told that there is no such cluster. */
  clusterMissed: bool = false;
  id!: Bytes;
  type!: Bytes;
  family: Family = Family.OpenAI;
  /** The OpenAI dialects; null when the provider speaks only Anthropic's. */
  openai: Endpoint | null = null;
  /** /v1/messages; null when it is not spoken. */
  messages: Endpoint | null = null;
  tokens: Token[] = [];
  mapping!: ModelMapping;
  tokenChoice: TokenChoice = TokenChoice.Random;
  stickyBy: StickyBy = StickyBy.Credential;
  stickyHeader: Bytes | null = null;
  failover: FailoverPolicy = new FailoverPolicy();
  retry: RetryPolicy = new RetryPolicy();
  breaker: BreakerPolicy = new BreakerPolicy();
  /** The first that fits counts; then the gateway's. */
  rules: AnswerRule[] = [];
  /** Hash of id and address: what its record in shared data is found by. */
  ledgerKey!: Bytes;
  /** Headers of the client that go to it besides those that the API knows; lower case. */
  forwardHeaders: Bytes[] = [];
  /** The same of the query. */
  forwardQuery: Bytes[] = [];
  allowPaths: AllowedPath[] = [];
  /** The free GET that tells a good token from a bad one, below the base ("/models"); null: there is none. */
  probePath: Bytes | null = null;
}

/** A set of HTTP statuses, 100 to 599, as bits. */
export class StatusSet {
  private bits: StaticArray<u32> = new StaticArray<u32>(16);
  add(status: i32): void {
    const at = status - 100;
    if (at >= 0 && at < 500) this.bits[at >> 5] |= 1 << (at & 31);
  }
  has(status: i32): bool {
    const at = status - 100;
    return at >= 0 && at < 500 && ((this.bits[at >> 5] >> (at & 31)) & 1) != 0;
  }
}

/** A model's name there, plain and as a JSON string with its quotes. */
export class ModelName {
  constructor(
    readonly text: Bytes,
    readonly json: Bytes,
  ) {}
}

export class MappingEntry {
  /** Without the '*'. */
  pattern!: Bytes;
  exact: bool = true;
  /** null: keep the name ("" in the configuration). */
  target: ModelName | null = null;
}

/** Exact names first, then the longest prefix, then "*". */
export class ModelMapping {
  /** Sorted so that the first match wins. */
  entries: MappingEntry[] = [];
  /** null: the name stays. */
  lookup(model: usize, len: usize): ModelName | null {
    for (let i = 0, k = this.entries.length; i < k; i++) {
      const entry = this.entries[i];
      const n = entry.pattern.len;
      if (entry.exact ? entry.pattern.equals(model, len) : len >= n && memory.compare(model, entry.pattern.ptr, n) == 0)
        return entry.target;
    }
    return null;
  }
}

export class Upstream {
  provider!: Provider;
  weight: i32 = 100;
  mapping!: ModelMapping;
}

/** A route may have this many upstreams together with those of its fallback: each needs an attempt, of which a request has 64. */
export const MAX_UPSTREAMS = 64;

export class Route {
  index: i32 = 0;
  name!: Bytes;
  /** Empty: every model, also none. */
  predicates: Predicate[] = [];
  upstreams: Upstream[] = [];
  /** Empty when the fallback is off. */
  fallback: Upstream[] = [];
  fallbackRandom: bool = false;
  rules: AnswerRule[] = [];
  guard: Guard = Guard.FirstEvent;
  firstTokenTimeout: i32 = 60000;
  attemptTimeout: i32 = 120000;
  timeout: i32 = 600000;
  maxWait: i32 = 15000;
  /** Per mille of the requests of the last minute; 0: off. */
  retryBudget: i32 = 0;
}

export class ClientKey {
  name!: Bytes;
  /** SHA-256 of the key, 32 bytes. */
  digest!: Bytes;
}

export class SiteConfig {
  providers: Provider[] = [];
  /** Higress's active provider. */
  active: Provider | null = null;
  /** Whether the host's route is known to lead to it: by its rule, which is an ingress's or a service's. */
  leadsToActive: bool = false;
  routes: Route[] = [];
  /** Finds a model's among them. */
  routeIndex: RouteIndex = new RouteIndex([]);
  routing: Routing = Routing.Host;
  /** It has mistakes: nothing may be served by it. */
  isRefused: bool = false;
  /** What is wrong with the configuration that it is a part of, where it is refused. */
  mistakes: Bytes[] = [];
  clientKeys: ClientKey[] = [];
  rules: AnswerRule[] = [];
  responseHeaders: ResponseHeaders = ResponseHeaders.Trail;
  /** A record of each request is put where the access log finds it. */
  hasRecords: bool = false;
  /** Origins whose pages may call; "*": any. */
  allowOrigins: Bytes[] = [];
  /** What any of the providers forwards: all attempts of a request share one map of headers. */
  forwardHeaders: Bytes[] = [];
  idleTimeout: i32 = 30000;
  stallTimeout: i32 = 300000;
  /** An answer of nothing but "stop", which counts 0 tokens itself, is a failure. */
  rejectEmpty: bool = true;
  requestBodyLimit: usize = 32 << 20;
  parkedBodiesLimit: usize = 256 << 20;
  guardLimit: usize = 8 << 20;
  /** The exact names of GET /v1/models, as one ready JSON body. */
  models!: Bytes;
  /** null: this gateway is alone. */
  fleet: FleetConfig | null = null;
  /** Exchanges that still read this configuration: it may go when its root is gone and this is 0. */
  users: i32 = 0;
}

/** The store through which gateways share what they know. */
export class FleetConfig {
  name!: Bytes;
  /** By which the store is reached. */
  cluster!: Bytes;
  /** Length 0: the server's default user. */
  user: Bytes = Bytes.of("");
  /** Length 0: none is asked for. */
  password: Bytes = Bytes.of("");
  database: i32 = 0;
  interval: i32 = 1000;
  startTimeout: i32 = 1000;
  // Made of the name and the secret: all members have the same.
  nameKey0: u64 = 0;
  nameKey1: u64 = 0;
  signKey0: u64 = 0;
  signKey1: u64 = 0;
  /** Tells it from other fleets in shared data: 16 hex digits. */
  tag: string = "";
}

/** Where a part of a Higress configuration holds; every non-empty list must match. */
export class SiteRule {
  routes: Bytes[] = [];
  routePrefixes: Bytes[] = [];
  services: Bytes[] = [];
  domains: Bytes[] = [];
  config!: SiteConfig;
}

/** Which filter a root is. */
export enum Role {
  /** Takes clients' requests. */
  Gateway,
  /** One stream for each attempt, inside the router. */
  Attempt,
  /** Tells the state of all, and takes a person's orders. */
  Status,
}

/** One plugin configuration as the host hands it over. */
export class Plugin {
  role: Role = Role.Gateway;
  /** Role.Status: SHA-256 of the password that opens it beyond loopback; null: nothing does. */
  password: Bytes | null = null;
  /** Role.Status: what the gateway calls its version. */
  version: Bytes = Bytes.of("");
  /** There are mistakes; parts that have none can be served all the same. */
  hasMistakes: bool = false;
  /** Whether they concern only the parts that are refused for them, and others can be served. */
  isPartial: bool = false;
  /** Of an attempt filter: it is an HTTP filter of an internal listener. */
  isInListener: bool = false;
  /** In order; the first match wins. */
  rules: SiteRule[] = [];
  /** When no rule matches; null: such requests pass through untouched. */
  global: SiteConfig | null = null;
  /** One line each, for the log. */
  warnings: string[] = [];
}
