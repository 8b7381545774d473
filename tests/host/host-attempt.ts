/** One attempt of the router: the module's attempt role on the way to one provider, and its answer on the way back. */
import type { Sink } from "./behaviour.js";
import type { LocalReply } from "./context.js";
import { Filter, type Surroundings } from "./filter.js";
import type { HeaderList } from "./host-headers.js";
import type { StreamInfo } from "./info.js";
import type { Next } from "./pass.js";
import type { Exchange, Provider } from "./host-provider.js";
import type { Thread } from "./thread.js";

/** Why an attempt ended without an answer that could go on. */
export type Loss = "refused" | "tls" | "connect-timeout" | "reset" | "try-timeout" | "idle-timeout";

/** What an attempt tells its router. */
export interface AttemptOwner {
  readonly stream: Surroundings;
  connected(): void;
  interim(): void;
  /** Bytes came: for the idle limit. */
  alive(): void;
  answered(attempt: Outgoing, map: HeaderList, end: boolean): void;
  answerData(attempt: Outgoing, bytes: Buffer, end: boolean): void;
  answerTrailers(attempt: Outgoing, map: HeaderList): void;
  lost(attempt: Outgoing, how: Loss): void;
}

/** One request of a router's, as it sends it. */
export interface Outgoing {
  readonly over: boolean;
  start(map: HeaderList, body: Buffer, end: boolean): void;
  requestData(bytes: Buffer, end: boolean): void;
  requestTrailers(map: HeaderList): void;
  /** Nothing more of it is wanted. */
  finish(): void;
}

/** The clusters of a router. */
export interface Upstreams {
  has(cluster: string): boolean;
  isHealthy(cluster: string): boolean;
  attempt(owner: AttemptOwner, cluster: string): Outgoing;
}

/** Providers, with the module in front of each where something of it sits at this place. */
export const providersBehind = (providers: Map<string, Provider>, place: string): Upstreams => ({
  has: cluster => providers.has(cluster),
  isHealthy: cluster => providers.get(cluster)!.healthy,
  attempt: (owner, cluster) => new Attempt(owner, providers.get(cluster)!, place),
});

class Attempt implements Outgoing, Sink, Surroundings {
  over = false;
  private readonly filter: Filter;
  private sent: HeaderList | undefined;
  private readonly bytes: Buffer[] = [];
  private exchange: Exchange | undefined;

  constructor(
    private readonly router: AttemptOwner,
    private readonly provider: Provider,
    place: string,
  ) {
    const toProvider: Next = {
      headers: (map, end) => {
        this.sent = map.copy();
        if (end) this.send();
      },
      data: (bytes, end) => {
        this.bytes.push(bytes);
        if (end) this.send();
      },
      trailers: map => this.send(map),
    };
    const toRouter: Next = {
      headers: (map, end) => this.over || router.answered(this, map, end),
      data: (bytes, end) => this.over || router.answerData(this, bytes, end),
      trailers: map => this.over || router.answerTrailers(this, map),
    };
    this.filter = new Filter(this, place, toProvider, toRouter);
  }

  start(map: HeaderList, body: Buffer, end: boolean): void {
    if (!this.filter.open()) return this.vmDied();
    this.filter.request.headers(map, end && body.length === 0);
    if (body.length > 0) this.requestData(body, end);
  }

  requestData(bytes: Buffer, end: boolean): void {
    if (!this.over) this.filter.request.data(bytes, end);
  }

  requestTrailers(map: HeaderList): void {
    if (!this.over) this.filter.request.trailers(map);
  }

  /** The request is complete: it meets the provider, or no connection. */
  private send(trailers?: HeaderList): void {
    if (this.over) return;
    this.exchange = this.provider.receive(this.sent!, Buffer.concat(this.bytes), "attempt", this);
    if (trailers) this.exchange.seen.trailers = trailers.toObject();
  }

  /** Its last callbacks; the provider sees the connection go if it is not done. */
  finish(): void {
    if (this.over) return;
    this.over = true;
    if (this.exchange && !this.exchange.run.ended) {
      this.exchange.seen.aborted = true;
      this.exchange.run.cancel();
    }
    this.filter.close();
  }

  // === From the provider ===

  connected(): void {
    this.router.connected();
  }

  connectFailed(reason: string): void {
    if (reason !== "") this.info.upstream.transportFailure = reason;
    this.router.lost(this, reason === "" ? "connect-timeout" : reason.startsWith("TLS_error") ? "tls" : "refused");
  }

  interim(): void {
    this.router.interim();
  }

  headers(map: HeaderList, end: boolean): void {
    this.router.alive();
    this.filter.response.headers(map, end);
  }

  data(bytes: Buffer, end: boolean): void {
    this.router.alive();
    this.filter.response.data(bytes, end);
  }

  trailers(map: HeaderList): void {
    this.filter.response.trailers(map);
  }

  reset(): void {
    this.router.lost(this, "reset");
  }

  // === Around its filter ===

  get info(): StreamInfo {
    return this.router.stream.info;
  }

  get thread(): Thread {
    return this.router.stream.thread;
  }

  get bufferLimit(): number {
    return this.router.stream.bufferLimit;
  }

  get allowStopIteration(): boolean {
    return this.router.stream.allowStopIteration;
  }

  isOver(): boolean {
    return this.over || this.router.stream.isOver();
  }

  /** Goes to the client's stream, and is never retried (facts 5). */
  localReply(reply: LocalReply): string | void {
    return this.router.stream.localReply(reply);
  }

  breakOff(): void {
    this.router.stream.breakOff();
  }

  vmDied(): void {
    this.router.stream.vmDied();
  }

  overflow(direction: "request" | "response"): void {
    this.router.stream.overflow(direction);
  }
}
