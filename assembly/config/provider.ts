import { Bytes } from "../text/bytes";
import { AnswerRule } from "./answer-rule";
import { Endpoint } from "./endpoint";
import { ModelMapping } from "./model-mapping";
import { Family } from "./presets";
import { Token } from "./token";

/** How a token is chosen among the live ones of the best priority. */
export enum TokenChoice {
  Random,
  Weighted,
  Sticky,
}

/** With TokenChoice.Sticky: what the same token is kept for. */
export enum StickyBy {
  Credential,
  User,
  Header,
}

/** When a token is out, and when it is used again. */
export class FailoverSettings {
  isEnabled: bool = true;
  failureThreshold: i32 = 1;
  successThreshold: i32 = 1;
  healthCheckInterval: i32 = 5000;
  healthCheckTimeout: i32 = 10000;
  healthCheckModel: Bytes | null = null;
  /** 0: 30 s, doubled up to 10 min, where no probe is possible; for an empty account 2 min, doubled up to 30 min. */
  cooldownDuration: i32 = 0;
}

/** Further attempts with other tokens of the same provider. */
export class RetrySettings {
  isEnabled: bool = true;
  /** How many further tokens; 0: all live ones. */
  maxRetries: i32 = 0;
  /** Time limit of one further attempt; 0: attemptTimeout. */
  retryTimeout: i32 = 0;
}

/** When the provider itself is out, and for how long. */
export class BreakerSettings {
  failureThreshold: i32 = 3;
  openFor: i32 = 5000;
  maxOpenFor: i32 = 60000;
}

const NO_LABEL = Bytes.of("");

/** A path outside the known APIs that the configuration allows to this provider. */
export class AllowedPath {
  /** null: any method. */
  method: Bytes | null = null;
  /** Without "/v1", and without the '*' at its end. */
  path!: Bytes;
  isPrefix: bool = false;
}

/** A provider: where it is, its tokens, and how its failures are counted. */
export class Provider {
  /** Position in SiteConfig.providers. */
  index: i32 = 0;
  /** The configuration names the cluster; false: the cluster has the name that Higress's console gives it. */
  namesCluster: bool = false;
  /** The log already says that the host has no such cluster. */
  isMissingClusterLogged: bool = false;
  id!: Bytes;
  type!: Bytes;
  family: Family = Family.OpenAI;
  /** Where the OpenAI dialects are served; null: the provider has only Anthropic's. */
  openai: Endpoint | null = null;
  /** Where /v1/messages is served; null: nowhere. */
  messages: Endpoint | null = null;
  tokens: Token[] = [];
  mapping!: ModelMapping;
  tokenChoice: TokenChoice = TokenChoice.Random;
  stickyBy: StickyBy = StickyBy.Credential;
  stickyHeader: Bytes | null = null;
  failover: FailoverSettings = new FailoverSettings();
  retry: RetrySettings = new RetrySettings();
  breaker: BreakerSettings = new BreakerSettings();
  /** The first one that matches applies; after them come the gateway's rules. */
  rules: AnswerRule[] = [];
  /** Hash of id and address: the key of its record in shared data. */
  ledgerKey!: Bytes;
  /** Hash of that, once for all: what the history of changes finds it by. */
  ledgerHash: u64 = 0;
  /** Client headers that are forwarded besides those of the API; lower case. */
  forwardHeaders: Bytes[] = [];
  /** Query parameters that are forwarded besides those of the API. */
  forwardQuery: Bytes[] = [];
  allowPaths: AllowedPath[] = [];
  /** Path of a free GET below the base ("/models") that tells a good token from a bad one; null: there is none. */
  probePath: Bytes | null = null;

  /** What a token is called in reports; "": it is none of this provider's. */
  labelOf(token: i32): Bytes {
    return token >= 0 && token < this.tokens.length ? unchecked(this.tokens[token]).label : NO_LABEL;
  }
}
