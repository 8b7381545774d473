/**
 * The configuration as render and run read it: complete, checked, durations in milliseconds, sizes in bytes.
 * Secrets from variables stay "${NAME}" as they were typed; everything else is expanded.
 */

export interface Address {
  /** An IP address, without brackets. */
  host: string;
  port: number;
}

/** Envoy's admin interface: a TCP address, or the absolute path of a Unix socket. */
export type AdminAddress = Address | { socket: string };

/** One cluster to render: where a provider, or its Anthropic side, is reached. */
export interface ClusterTarget {
  name: string;
  /** A host name or an IP address, without brackets. */
  host: string;
  port: number;
  tls: { serverName: string; caFile: string } | null;
  connectTimeout: number;
}

export interface Token {
  name?: string;
  /** "${NAME}", or the token itself where it was typed or read from a file. */
  value: string;
  weight: number;
  priority: number;
  models: string[];
}

export type ModelMapping = Record<string, string>;

/** What the operator says of certain failed answers. */
export interface AnswerRule {
  status?: number | string | (number | string)[];
  code?: string | number;
  contains?: string;
  cause?: "context-window" | "content-filter" | "caller";
  then?: "next-token" | "next-provider" | "return";
  out?: "nobody" | "token" | "token-model" | "provider-model" | "provider";
  for?: number;
}

export interface Provider {
  id: string;
  type: string;
  /** The fields that say another address than the preset's, as the module reads them: url, messagesUrl ... */
  address: Record<string, string>;
  cluster: string;
  /** Only with a messagesUrl. */
  messagesCluster?: string;
  /** The clusters to render; none where the user's own Envoy has it. */
  targets: ClusterTarget[];
  models: string[];
  modelMapping: ModelMapping;
  apiTokens: Token[];
  tokenChoice: "random" | "weighted" | "sticky";
  stickyBy: string;
  rules: AnswerRule[];
  forwardHeaders: string[];
  forwardQuery: string[];
  allowPaths: string[];
  failover: {
    enabled: boolean;
    failureThreshold: number;
    successThreshold: number;
    healthCheckInterval: number;
    healthCheckTimeout: number;
    healthCheckModel: string;
    cooldownDuration: number;
  };
  retryOnFailure: { enabled: boolean; maxRetries: number; retryTimeout: number };
  providerBreaker: { failureThreshold: number; openFor: number; maxOpenFor: number };
}

export interface Upstream {
  provider: string;
  weight: number;
  modelMapping: ModelMapping;
}

export interface Route {
  name: string;
  modelPredicates: { matchType: "EQUAL" | "PRE"; matchValue: string }[];
  upstreams: Upstream[];
  fallbackConfig: {
    enabled: boolean;
    upstreams: Omit<Upstream, "weight">[];
  };
  guard: "none" | "first-event" | "full";
  firstTokenTimeout: number;
  attemptTimeout: number;
  timeout: number;
  maxWait: number;
  retryBudget: number;
}

/** The store through which gateways share what they know. */
export interface Fleet {
  /** User and password as they were typed, "${NAME}" or in clear. */
  url: string;
  name: string;
  interval: number;
  startTimeout: number;
  secret?: string;
  cluster: string;
  /** The cluster to render; undefined where the user's own Envoy has it. */
  target?: ClusterTarget;
}

export interface ClientKey {
  name: string;
  value?: string;
  sha256?: string;
}

export interface GatewayConfig {
  listen: Address;
  /** undefined: the file names none. `run` makes a socket that only its user can open. */
  admin?: Address;
  status: { enabled: boolean; listen: Address; password?: string };
  /** "": no records are written. Else absolute. */
  requestLog: { path: string };
  /** Where spans go, and how many requests of a hundred have one. */
  tracing?: { target: ClusterTarget; url: string; sampling: number };
  console: { enabled: boolean; listen: Address; password?: string; hosts: string[] };
  clientKeys: ClientKey[];
  responseHeaders: "off" | "basic" | "trail";
  /** Origins whose pages may call. */
  cors: { allowOrigins: string[] };
  idleTimeout: number;
  stallTimeout: number;
  rejectEmpty: boolean;
  limits: { requestBody: number; parkedBodies: number; guard: number };
  rules: AnswerRule[];
  fleet?: Fleet;
  providers: Provider[];
  /** Never empty: those of the file, or one for each provider. */
  routes: Route[];
  /** The variables that the module reads for itself (tokens and client keys), sorted. */
  variables: string[];
  /** The files that tokens were read from, absolute. */
  tokenFiles: string[];
  /** Whether a token or a client's key stands in the configuration in clear. */
  typesSecrets: boolean;
  /** Whether one stands so in what is rendered from it: it was typed, or comes from a file. */
  holdsSecrets: boolean;
}
