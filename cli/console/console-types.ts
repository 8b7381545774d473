/** What the console's server and its pages say to each other. Nothing here ever holds a token. */
import type { BreakerWord, Status } from "../status/status-types.js";
import type { RequestRecord } from "./request-record.js";

export type ConfigPath = readonly (string | number)[];

/** One change of the configuration file. */
export type Edit =
  | { op: "set"; path: ConfigPath; value: unknown }
  | { op: "delete"; path: ConfigPath }
  | { op: "insert"; path: ConfigPath; index: number; value: unknown }
  | { op: "move"; path: ConfigPath; from: number; to: number };

/** Tokens that a person typed, for a provider of the file: each goes to a file of its own, or as the user says. */
export interface NewTokens {
  provider: string;
  tokens: NewToken[];
  /** The name of a token that they replace; absent: they are added. */
  replaces?: string;
  /** They replace all that the provider has. */
  replacesAll?: boolean;
}

/** A token of the file that is to go. */
export interface RemovedToken {
  provider: string;
  name: string;
}

export interface NewToken {
  name?: string;
  value: string;
}

export interface Mistake {
  path: string;
  found: string;
  allowed: string;
  line?: number;
}

export interface DiffLine {
  kind: "same" | "added" | "removed";
  /** In the new text, or of a removed line in the old one; 1-based. */
  line: number;
  text: string;
}

/** What an edit would do. */
export interface Review {
  diff: DiffLine[];
  added: number;
  removed: number;
  mistakes: Mistake[];
  warnings: string[];
  /** Fields that count only after a restart. */
  restart: string[];
  /** Providers whose tokens must be entered again, because their address changed. */
  reenter: string[];
  /** Files of several tokens that lose a line. */
  cuts: { file: string; of: number }[];
}

export interface FileState {
  name: string;
  /** Changes with every change of the text: an edit names the one that it was made on. */
  version: string;
  /** Unix time in milliseconds. */
  savedAt: number;
  isReadOnly: boolean;
  /** What is wrong with the text as it stands now; null: nothing. */
  mistakes: Mistake[] | null;
  canUndo: boolean;
}

export interface TokenView {
  /** Position in the provider's `apiTokens`. */
  index: number;
  name: string;
  /** The first 8 hex digits of its SHA-256; null: it is not known here. */
  fingerprint: string | null;
  source: "file" | "variable" | "text";
  /** The file's or the variable's name; "" for one that is typed in the configuration. */
  from: string;
  isMissing: boolean;
  /** Which of the tokens it is that its file or variable holds, from 0, and how many these are. */
  part: number;
  of: number;
  weight?: number;
}

export interface ProviderView {
  index: number;
  id: string;
  type: string;
  address: string;
  models: string[];
  tokens: TokenView[];
  /** The provider's object without its tokens, as it stands in the file. */
  fields: Record<string, unknown>;
  isDemo: boolean;
  /** Left out while none of its variables is set. */
  isLeftOut: boolean;
}

export interface RouteView {
  index: number;
  name: string;
  fields: Record<string, unknown>;
}

export interface ConfigView {
  providers: ProviderView[];
  routes: RouteView[];
  /** Every other top-level field, without secrets. */
  gateway: Record<string, unknown>;
}

export interface PresetView {
  type: string;
  address: string;
  variable: string;
  /** Prefixes of the models that only this provider has. */
  prefixes: string[];
  hasFreeProbe: boolean;
}

export interface ConsoleState {
  gateway: {
    version: string;
    envoy: string;
    workers: number | null;
    address: string;
    isUp: boolean;
    /** Why it is down, in a sentence. */
    reason: string;
    isDemo: boolean;
  };
  file: FileState;
  config: ConfigView;
  status: Status | null;
  demos: DemoState[];
  needsPassword: boolean;
}

/** A time in which a token, or a model with it, was not live. */
export interface LaneSpan {
  /** "": every model. */
  model: string;
  /** Unix time in milliseconds. */
  from: number;
  /** null: it still is so. */
  to: number | null;
  state: BreakerWord;
  cause: string;
  /** Who ordered it. */
  by: string;
  /** Id of the request that caused it. */
  request: string;
}

export interface Lane {
  provider: string;
  /** "": the whole provider. */
  token: string;
  /** In the order of time; between them it was live. */
  spans: LaneSpan[];
}

/** Requests and tokens on one axis of time. All times are of the console's clock. */
export interface Timeline {
  now: number;
  begin: number;
  end: number;
  bucketMs: number;
  /** Since when there are figures. */
  since: number;
  /** For each bucket: served, rescued, returned, refused, failed, client left. */
  buckets: number[][];
  lanes: Lane[];
  /** Lanes that are left out because they were live all the time. */
  unshown: number;
  figures: Figures;
}

/** Of the last requests that are kept; null: there was none. */
export interface Figures {
  requests: number;
  firstTokenMs: number | null;
  firstTokenP95Ms: number | null;
  /** What a rescue cost. */
  rescueMs: number | null;
}

/** Requests that have come since the last message. */
export interface FreshRequests {
  records: RequestRecord[];
  /** How many there were since the start; more than the page has been told may be between. */
  count: number;
}

export interface DemoState {
  provider: string;
  tokens: { name: string; fault: string }[];
}

export interface TokenTestRequest {
  type: string;
  /** Where it differs from the type's own. */
  url?: string;
  /** Typed, or saved ones of this provider by name. */
  tokens?: NewToken[];
  saved?: { provider: string; names?: string[] };
  model?: string;
}

export interface TokenTest {
  name: string;
  fingerprint: string;
  result: "works" | "refused" | "limited" | "unreachable" | "unclear";
  status: number;
  ms: number;
  /** The model that was asked; "": the list of models was. */
  model: string;
  /** Names in that list, the first ones. */
  models: string[];
  /** The provider's words, starred. */
  words: string;
}
