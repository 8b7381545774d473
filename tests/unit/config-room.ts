import { startRoom } from "./compile-room.js";

interface Exports {
  memory: WebAssembly.Memory;
  alloc(size: number): number;
  free(ptr: number): void;
  parse(ptr: number, len: number, env: number, envLen: number): number;
  judge(ptr: number, len: number, env: number, envLen: number): number;
  resultPtr(): number;
  resultLen(): number;
  routeOf(model: number, len: number): number;
  match(route: number, routeLen: number, cluster: number, clusterLen: number, host: number, hostLen: number): number;
}

export interface Endpoint {
  cluster: string;
  authority: string;
  base: string;
  query: string | null;
  auth: string;
  bearer: boolean;
  keepPath: boolean;
  version: string | null;
}

export interface Provider {
  index: number;
  id: string;
  type: string;
  family: number;
  openai: Endpoint | null;
  messages: Endpoint | null;
  tokens: { label: string; bearer: string; hash: string; weight: number; priority: number; models: string[] }[];
  /** In the order in which they are tried; null keeps the name. */
  mapping: [pattern: string, target: string | null][];
  tokenChoice: number;
  stickyBy: number;
  stickyHeader: string | null;
  failover: {
    enabled: boolean;
    failureThreshold: number;
    successThreshold: number;
    healthCheckInterval: number;
    healthCheckTimeout: number;
    healthCheckModel: string | null;
    cooldownDuration: number;
  };
  retry: { enabled: boolean; maxRetries: number; retryTimeout: number };
  rules: AnswerRule[];
  breaker: number[];
  ledgerKey: string;
  probePath: string | null;
}

export interface AnswerRule {
  statuses: string | null;
  isExcept: boolean;
  code: string | null;
  contains: string | null;
  causes: number;
  from: number;
  then: number;
  out: number;
  for: number;
  stays: boolean;
  goesOn: boolean;
}

export interface Upstream {
  provider: string;
  weight: number;
  mapping: [pattern: string, target: string | null][];
}

export interface Route {
  index: number;
  name: string;
  predicates: string[];
  upstreams: Upstream[];
  fallback: Upstream[];
  fallbackRandom: boolean;
  rules: AnswerRule[];
  guard: number;
  /** firstTokenTimeout, attemptTimeout, timeout, maxWait */
  times: number[];
  retryBudget: number;
}

export interface Config {
  providers: Provider[];
  routes: Route[];
  routing: number;
  rules: AnswerRule[];
  clientKeys: string[];
  responseHeaders: number;
  idleTimeout: number;
  limits: number[];
  models: { object: string; data: { id: string; object: string; created: number; owned_by: string }[] };
}

export interface Rule {
  routes: string[];
  routePrefixes: string[];
  services: string[];
  domains: string[];
  config: Config;
}

export interface Plugin {
  /** See Role. */
  role: number;
  warnings: string[];
  rules: Rule[];
  global: Config | null;
}

export interface Parsed {
  plugin?: Plugin;
  errors?: string[];
}

/** The module's parser, as a function of texts. */
export class ConfigRoom {
  private constructor(private readonly wasm: Exports) {}

  static async start(): Promise<ConfigRoom> {
    return new ConfigRoom(await startRoom<Exports>("config"));
  }

  /** A configuration that is no text is written as JSON. */
  parse(configuration: unknown, env: Record<string, string> = {}): Parsed {
    const text = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
    return this.parseBytes(new TextEncoder().encode(text), env);
  }

  parseBytes(bytes: Uint8Array, env: Record<string, string> = {}): Parsed {
    const entries = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const parts = [bytes, new TextEncoder().encode(entries.join("\0"))];
    this.call(parts, (ptr, len, env, envLen) => this.wasm.parse(ptr!, len!, env!, envLen!));
    const result = new Uint8Array(this.wasm.memory.buffer, this.wasm.resultPtr(), this.wasm.resultLen());
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(result)) as Parsed;
  }

  /** The mistakes alone, which takes a part of the time; empty: it is taken. */
  mistakesIn(bytes: Uint8Array, env: string): string[] {
    const parts = [bytes, Buffer.from(env)];
    const isTaken = this.call(parts, (...spans) => this.wasm.judge(...(spans as Parameters<Exports["judge"]>)));
    if (isTaken) return [];
    return Buffer.from(this.wasm.memory.buffer, this.wasm.resultPtr(), this.wasm.resultLen()).toString().split("\n");
  }

  /** The plugin, or a failure that says what is wrong with it. */
  accept(configuration: unknown, env: Record<string, string> = {}): Plugin {
    const { plugin, errors } = this.parse(configuration, env);
    if (!plugin) throw new Error(errors?.join("\n"));
    return plugin;
  }

  errors(configuration: unknown, env: Record<string, string> = {}): string[] {
    return this.parse(configuration, env).errors ?? [];
  }

  /** Place of the rule that the plugin parsed last has for a request; -1: the global part; -2: none. */
  match(route: string, cluster: string, host: string): number {
    const parts = [route, cluster, host].map(text => new TextEncoder().encode(text));
    return this.call(parts, (...spans) => this.wasm.match(...(spans as Parameters<Exports["match"]>)));
  }

  /** Place of the route for a model in the global part of the plugin parsed last. */
  routeOf(model: string): number {
    return this.call([new TextEncoder().encode(model)], (...span) => this.wasm.routeOf(...(span as [number, number])));
  }

  get memorySize(): number {
    return this.wasm.memory.buffer.byteLength;
  }

  private call(parts: Uint8Array[], run: (...spans: number[]) => number): number {
    const spans = parts.flatMap(part => {
      const ptr = this.wasm.alloc(part.length);
      new Uint8Array(this.wasm.memory.buffer).set(part, ptr);
      return [ptr, part.length];
    });
    const result = run(...spans);
    for (let i = 0; i < spans.length; i += 2) this.wasm.free(spans[i]!);
    return result;
  }
}
