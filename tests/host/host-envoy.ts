/** Envoy with the module in it: threads, places, providers, and clients that call. */
import type { Flavour } from "./abi.js";
import type { Ask, Call } from "./call.js";
import { providersBehind } from "./host-attempt.js";
import { CalloutCenter } from "./host-callouts.js";
import { INNER_CLUSTER, throughListener } from "./host-hop.js";
import type { Clock } from "./virtual-clock.js";
import { Process, type Level } from "./process.js";
import { Provider, type Script } from "./host-provider.js";
import type { RouteOptions } from "./router.js";
import { ClientStream, type StreamOptions } from "./stream.js";
import { Thread, type Places } from "./thread.js";
import type { VmOptions } from "./vm.js";

export type Configuration = string | object;

export interface EnvoyOptions {
  /** The compiled module. */
  module: WebAssembly.Module;
  /** Plugin configuration of the HTTP filter; an object goes as JSON. */
  gateway: Configuration;
  /** Of the upstream HTTP filter; left out: there is none (callout mode). */
  attempt?: Configuration;
  /** The attempt filter sits on an internal listener that every attempt passes. */
  hop?: boolean;
  /** Of the filter on the status listener; left out: there is none. */
  status?: Configuration;
  /** What each cluster's provider does. */
  clusters: Record<string, Script>;
  route?: Partial<RouteOptions>;
  /** "higress": its ABI marker counts, and the property names of old hosts are there. */
  flavour?: Flavour;
  workers?: number;
  /** "" shares with every plugin without a vm_id, as Higress does. */
  vmId?: string;
  /** What the VM sees of the environment. */
  environment?: Record<string, string>;
  logLevel?: Level;
  /** per_connection_buffer_limit_bytes; default 1 MiB. */
  bufferLimit?: number;
  /** `allow_on_headers_stop_iteration`; default true. */
  allowStopIteration?: boolean;
  seed?: number;
  /** Of several Envoys that run side by side. */
  clock?: Clock;
}

/** The module writes what it has counted this often, virtual ms. */
const TICK = 50;
/** An answer that takes longer than this is no answer, virtual ms. */
const LONGEST = 20 * 60_000;

const bytesOf = (configuration: Configuration): Buffer =>
  Buffer.from(typeof configuration === "string" ? configuration : JSON.stringify(configuration));

type Plugins = Pick<EnvoyOptions, "gateway" | "attempt" | "status">;

function placesOf({ gateway, attempt, status }: Plugins): Places {
  const places: Places = new Map([["gateway", bytesOf(gateway)]]);
  if (attempt !== undefined) places.set("attempt", bytesOf(attempt));
  if (status !== undefined) places.set("status", bytesOf(status));
  return places;
}

export class Envoy {
  readonly process: Process;
  readonly workers: Thread[];
  /** It serves no request, but its roots tick. */
  readonly main: Thread;
  private readonly providers = new Map<string, Provider>();
  private readonly vmOptions: Omit<VmOptions, "thread">;
  private readonly streamOptions: StreamOptions;

  constructor(options: EnvoyOptions) {
    const { flavour = "envoy", workers = 1, vmId = "ai-failover", environment = {} } = options;
    const process = new Process(options.seed, options.clock);
    this.process = process;
    process.logLevel = options.logLevel ?? "info";
    for (const [name, script] of Object.entries(options.clusters)) this.setProvider(name, script);
    const callouts = new CalloutCenter(process, this.providers);
    this.vmOptions = { module: options.module, flavour, vmId, environment, callouts };
    const retries = options.attempt !== undefined;
    const none = { retries: false, timeout: 0, idleTimeout: 0, retryOverflow: false };
    const common = {
      process,
      bufferLimit: options.bufferLimit ?? 1 << 20,
      allowStopIteration: options.allowStopIteration ?? true,
      legacyProperties: flavour === "higress",
    };
    const inner: StreamOptions = {
      ...{ ...common, upstreams: providersBehind(this.providers, "nowhere"), cutAsksForRetry: true },
      route: { ...none, clusterHeader: "x-ai-failover-cluster" },
    };
    this.streamOptions = {
      ...common,
      upstreams: options.hop ? throughListener(inner) : providersBehind(this.providers, "attempt"),
      route: { ...none, retries, ...options.route, ...(options.hop && { cluster: INNER_CLUSTER }) },
    };
    const places = placesOf(options);
    this.tryOut(this.vmOptions, places);
    const thread = (name: string) => new Thread(process, this.vmOptions, places, name);
    this.workers = Array.from({ length: workers }, (_, i) => thread(`worker ${i}`));
    this.main = thread("main");
  }

  /** Envoy first loads a configuration into a VM that serves nothing; throws where it is refused. */
  private tryOut(options: Omit<VmOptions, "thread">, places: Places): void {
    new Thread(this.process, options, places, "canary").discard();
  }

  get threads(): Thread[] {
    return [...this.workers, this.main];
  }

  /** Adds a cluster, or gives it another script. */
  setProvider(cluster: string, script: Script): Provider {
    const provider = this.providers.get(cluster) ?? new Provider(cluster, script, this.process);
    provider.script = script;
    this.providers.set(cluster, provider);
    return provider;
  }

  provider(cluster: string): Provider {
    const found = this.providers.get(cluster);
    if (!found) throw new Error(`no cluster ${cluster}`);
    return found;
  }

  /** A client begins a call; it goes on while time passes. */
  call(ask: Ask): Call {
    const thread = this.workers[ask.worker ?? 0];
    if (!thread) throw new Error(`no worker ${ask.worker}`);
    const stream = new ClientStream(this.streamOptions, thread, ask);
    stream.start();
    return stream.call;
  }

  /** A call from its beginning to its end. */
  ask(ask: Ask): Call {
    return this.finish(this.call(ask));
  }

  /** A call on the status listener, from this machine where nothing else is said. */
  askStatus(ask: Ask = {}): Call {
    return this.ask({ path: "/status", host: "127.0.0.1:8002", ...ask, place: "status" });
  }

  /** Lets time pass until the call is over. */
  finish(call: Call): Call {
    const until = this.now + LONGEST;
    while (call.ended === undefined)
      if (!this.process.clock.step(until)) throw new Error(`the call hangs: status ${call.status}, "${call.text}"`);
    return call;
  }

  get now(): number {
    return this.process.clock.now;
  }

  advance(ms: number): void {
    this.process.clock.advance(ms);
  }

  /** Another configuration, by a listener update: new roots in the same VMs. False: refused, the old one goes on. */
  update(change: Plugins): boolean {
    const places = placesOf(change);
    try {
      this.tryOut(this.vmOptions, places);
    } catch {
      return false;
    }
    for (const thread of this.threads) thread.configure(places);
    return true;
  }

  /** A listener update that Envoy refuses after the module has taken its configuration. */
  refuseUpdate(change: Pick<EnvoyOptions, "gateway" | "attempt">): void {
    for (const thread of this.threads) thread.refuse(placesOf(change));
  }

  /** One more listener with a configuration of its own, in the same VMs. */
  addListener(name: string, configuration: object): void {
    for (const thread of this.threads) thread.add(name, Buffer.from(JSON.stringify(configuration)));
  }

  /** New code, or an edit in Higress: new VMs beside the old ones, which live on for their streams. */
  replace(change: Plugins & { module?: WebAssembly.Module }): void {
    const options = { ...this.vmOptions, module: change.module ?? this.vmOptions.module };
    const places = placesOf(change);
    this.tryOut(options, places);
    for (const thread of this.threads) thread.replace(options, places);
  }

  /** Value of a counter or gauge, or of a histogram the last one, 0 where there is none: after the tick that writes it. */
  metric(name: string): number {
    this.advance(TICK);
    return this.process.metrics.value(name);
  }

  /** Log lines, each "level text". */
  get log(): string[] {
    return this.process.logs.map(({ level, text }) => `${level} ${text}`);
  }

  /** Drops what has been recorded, for long runs. */
  forget(): void {
    this.process.logs.length = 0;
    for (const provider of this.providers.values()) provider.seen.length = 0;
  }
}

export const startEnvoy = (options: EnvoyOptions): Envoy => new Envoy(options);
