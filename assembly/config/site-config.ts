/** What the plugin does for the requests of one site: for all requests, or for those that a Higress rule matches. */
import { Bytes } from "../text/bytes";
import { AnswerRule } from "./answer-rule";
import { FleetConfig } from "./fleet-config";
import { Provider } from "./provider";
import { Route } from "./route";
import { RouteIndex } from "./route-index";

/** Who chooses the cluster. */
export enum Routing {
  /** The host's own route (Higress, an ingress). */
  Host,
  /** The plan, through filter state that the route reads. */
  Plan,
  /** The attempt filter, as an HTTP filter of the internal listener that every attempt passes. */
  Listener,
}

/** Which `x-ai-failover-*` headers an answer carries. */
export enum ResponseHeaders {
  Off,
  Basic,
  Trail,
}

/** A key that clients authenticate with. */
export class ClientKey {
  name!: Bytes;
  /** SHA-256 of the key, 32 bytes. */
  digest!: Bytes;
}

export class SiteConfig {
  providers: Provider[] = [];
  /** Higress's active provider. */
  active: Provider | null = null;
  /** The host's route is known to lead to `active`: the rule names an ingress or a service. */
  leadsToActive: bool = false;
  routes: Route[] = [];
  /** Finds the route of a model. */
  routeIndex: RouteIndex = new RouteIndex([]);
  routing: Routing = Routing.Host;
  /** What the module's own calls are handed to, with the provider's cluster in a header; null: they go there by themselves. */
  calloutCluster: Bytes | null = null;
  /**
   * ms: how long the route that is rendered with this configuration lets a request take, with `MOST_ATTEMPTS - 1` retries; 0: the route is
   * another's, and each request says its own limits.
   */
  routeTimeout: i32 = 0;
  /** It has mistakes, so that no request is served by it. */
  isRefused: bool = false;
  /** If it is refused: the mistakes of the whole plugin configuration. */
  mistakes: Bytes[] = [];
  clientKeys: ClientKey[] = [];
  rules: AnswerRule[] = [];
  responseHeaders: ResponseHeaders = ResponseHeaders.Trail;
  /** Each request writes a record into filter state for the access log. */
  hasRecords: bool = false;
  /** The same is given to its span in a trace. */
  hasSpans: bool = false;
  /** Origins of web pages that may call (CORS); "*": any. */
  allowOrigins: Bytes[] = [];
  /** `forwardHeaders` of all providers: all attempts of a request share one header map. */
  forwardHeaders: Bytes[] = [];
  idleTimeout: i32 = 30000;
  stallTimeout: i32 = 300000;
  /** An answer that has no content and reports 0 output tokens is a failure. */
  rejectsEmpty: bool = true;
  requestBodyLimit: usize = 32 << 20;
  parkedBodiesLimit: usize = 256 << 20;
  guardLimit: usize = 8 << 20;
  /** The body of GET /v1/models. */
  models!: Bytes;
  /** null: health is not shared with other gateways. */
  fleet: FleetConfig | null = null;
  /** Exchanges that still read this configuration. It is freed when its root is gone and this is 0. */
  users: i32 = 0;
}
