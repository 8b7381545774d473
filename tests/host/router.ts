/** Envoy's router with a retry policy: picks the cluster, makes attempts, keeps their limits (docs/envoy-facts.md, 1 - 4, 18, 19). */
import { Flag } from "./abi.js";
import type { AttemptOwner, Loss, Outgoing, Upstreams } from "./host-attempt.js";
import type { Timer } from "./virtual-clock.js";
import type { HeaderList } from "./host-headers.js";
import { noUpstream } from "./info.js";
import type { Next } from "./pass.js";
import type { Process } from "./process.js";
import type { Stream } from "./stream.js";

export interface RouteOptions {
  /** A fixed cluster; else this header names it; else filter state wasm.ai_failover_cluster, for each attempt. */
  cluster?: string;
  clusterHeader?: string;
  name?: string;
  /** The route has the rendered retry policy. */
  retries: boolean;
  /** ms; 0: none. */
  timeout: number;
  /** per_try_idle_timeout of streamed requests, ms; 0: none. */
  idleTimeout: number;
  /** The retry circuit breaker is open. */
  retryOverflow: boolean;
}

const BACK_OFF = 1;
const RETRY = "x-ai-failover-retry";

interface Reply {
  status: number;
  flag: bigint;
  details: string;
  body: string;
}

const before = (reason: string, flag: bigint, says: string): Reply => ({
  ...{ status: 503, flag, details: `upstream_reset_before_response_started{${reason}}` },
  body: `upstream connect error or disconnect/reset before headers. reset reason: ${says}`,
});
const timeout = (details: string): Reply => ({
  ...{ status: 504, flag: Flag.ResponseTimeout, details, body: "upstream request timeout" },
});

const LOSSES: Record<Loss, Reply> = {
  refused: before(
    "remote_connection_failure|delayed_connect_error:_Connection_refused",
    Flag.ConnectFailure,
    "remote connection failure",
  ),
  tls: before("remote_connection_failure|TLS_error", Flag.ConnectFailure, "remote connection failure"),
  "connect-timeout": before("connection_timeout", Flag.ConnectFailure, "connection timeout"),
  reset: before("connection_termination", Flag.UpstreamTermination, "connection termination"),
  "try-timeout": timeout("upstream_per_try_timeout"),
  "idle-timeout": timeout("upstream_per_try_idle_timeout"),
};
const TIMED_OUT = timeout("response_timeout");
const NO_ROUTE: Reply = { status: 404, flag: Flag.NoRoute, details: "route_not_found", body: "" };
const NO_CLUSTER: Reply = { status: 503, flag: Flag.NoCluster, details: "cluster_not_found", body: "" };
const NO_HOST: Reply = {
  ...{ status: 503, flag: Flag.NoHealthyUpstream, details: "no_healthy_upstream", body: "no healthy upstream" },
};

export class Router implements Next, AttemptOwner {
  private map: HeaderList | undefined;
  private headerCluster: string | undefined;
  private readonly bytes: Buffer[] = [];
  private complete = false;
  private requestTrailers: HeaderList | undefined;
  private attempt: Outgoing | undefined;
  private passedOn = false;
  private gone = false;
  private retriesLeft = 0;
  private canRetry = true;
  private tryLimit = 0;
  private totalLimit = 0;
  private readonly timers: Partial<Record<"total" | "try" | "idle" | "backOff", Timer>> = {};

  constructor(
    readonly stream: Stream,
    private readonly process: Process,
    private readonly upstreams: Upstreams,
    private readonly route: RouteOptions,
  ) {}

  // === The request, from the gateway's filter ===

  headers(map: HeaderList, end: boolean): void {
    this.map = map;
    // Envoy takes the scheme, and with it the route, from this header.
    if (!map.has("x-forwarded-proto")) return this.reply(NO_ROUTE);
    const number = (name: string) => {
      const value = map.take(name);
      return value === undefined ? undefined : Number(value);
    };
    const retries = number("x-envoy-max-retries");
    this.retriesLeft = this.route.retries ? (retries ?? 1) : 0;
    this.totalLimit = number("x-envoy-upstream-rq-timeout-ms") ?? this.route.timeout;
    this.tryLimit = number("x-envoy-upstream-rq-per-try-timeout-ms") ?? 0;
    if (this.totalLimit > 0 && this.tryLimit >= this.totalLimit) this.tryLimit = 0;
    for (const name of ["x-envoy-retry-on", "x-envoy-retriable-header-names"]) map.remove(name);
    // Path and host are how an ingress is found, and any change of the headers makes Envoy look for it again.
    if (this.route.cluster !== undefined && this.stream.hasMoved()) return this.reply(NO_ROUTE);
    this.stream.info.route = this.route.name;
    this.stream.info.cluster = undefined;
    if (this.route.clusterHeader !== undefined) {
      this.headerCluster = map.take(this.route.clusterHeader);
      // With what else the internal listener's route removes.
      map.remove("x-forwarded-proto");
    }
    if (!this.choose()) return this.reply(NO_CLUSTER);
    this.start(end);
    if (end) this.requestComplete();
  }

  data(bytes: Buffer, end: boolean): void {
    this.bytes.push(bytes);
    const size = this.bytes.reduce((sum, { length }) => sum + length, 0);
    if (size > this.stream.bufferLimit) this.canRetry = false;
    this.attempt?.requestData(bytes, end);
    if (end) this.requestComplete();
  }

  trailers(map: HeaderList): void {
    this.requestTrailers = map;
    this.attempt?.requestTrailers(map);
    this.requestComplete();
  }

  private requestComplete(): void {
    this.complete = true;
    if (this.totalLimit > 0 && !this.gone)
      this.timers.total = this.process.clock.after(this.totalLimit, () => this.timedOut());
  }

  /** Reads the cluster; a refresh that finds none keeps the one before (facts 1.9). */
  private choose(): boolean {
    const { info } = this.stream;
    const { cluster, clusterHeader } = this.route;
    const chosen =
      clusterHeader === undefined ? info.filterState.get("wasm.ai_failover_cluster")?.toString() : undefined;
    const named = cluster ?? this.headerCluster ?? chosen;
    if (named !== undefined && this.upstreams.has(named)) info.cluster = named;
    return info.cluster !== undefined;
  }

  /** The first attempt gets the body as it comes, a further one what has come so far. */
  private start(ends: boolean): void {
    const { info } = this.stream;
    info.upstream = noUpstream();
    if (!this.upstreams.isHealthy(info.cluster!)) return this.reply(NO_HOST);
    info.attempts++;
    info.upstream.address = `${info.cluster}:443`;
    // It may be answered at once, and be over then.
    const attempt = this.upstreams.attempt(this, info.cluster!);
    this.attempt = attempt;
    attempt.start(this.map!, Buffer.concat(this.bytes), ends);
    if (this.requestTrailers) attempt.requestTrailers(this.requestTrailers);
  }

  // === An attempt ===

  connected(): void {
    const { info } = this.stream;
    info.upstream.localAddress = "10.0.0.1:40000";
    info.upstream.poolReadyNs = BigInt(Math.round((this.process.clock.now - this.stream.startedAt) * 1e6));
    if (this.tryLimit > 0) this.timers.try = this.process.clock.after(this.tryLimit, () => this.runOut("try-timeout"));
    this.alive();
  }

  alive(): void {
    const streams = this.stream.info.filterState.get("wasm.ai_failover_kind")?.toString() === "stream";
    if (!streams || this.route.idleTimeout === 0) return;
    this.timers.idle?.cancel();
    this.timers.idle = this.process.clock.after(this.route.idleTimeout, () => this.runOut("idle-timeout"));
  }

  private runOut(how: Loss): void {
    if (this.attempt && !this.attempt.over) this.lost(this.attempt, how);
  }

  /** After it Envoy neither retries nor keeps the limit of the attempt (facts 19.5). */
  interim(): void {
    this.canRetry = false;
    this.timers.try?.cancel();
  }

  answered(attempt: Outgoing, map: HeaderList, end: boolean): void {
    if (map.has(RETRY) && this.route.retries) {
      if (this.mayRetry() && !map.has("x-envoy-ratelimited")) {
        if (!this.route.retryOverflow) return this.retry(attempt);
        this.stream.info.flags |= Flag.Overflow;
      } else if (this.retriesLeft === 0) this.stream.info.flags |= Flag.RetryLimit;
    }
    this.passedOn = true;
    this.timers.try?.cancel();
    this.stream.info.details = "via_upstream";
    this.stream.info.code = Number(map.get(":status"));
    if (end) this.upstreamDone(attempt);
    this.stream.answer.headers(map, end);
  }

  answerData(attempt: Outgoing, bytes: Buffer, end: boolean): void {
    if (end) this.upstreamDone(attempt);
    this.stream.answer.data(bytes, end);
  }

  answerTrailers(attempt: Outgoing, map: HeaderList): void {
    this.upstreamDone(attempt);
    this.stream.answer.trailers(map);
  }

  /** Its last callbacks come before the answer's end reaches the gateway's filter (facts 4.1). */
  private upstreamDone(attempt: Outgoing): void {
    this.stopTimers();
    attempt.finish();
  }

  lost(attempt: Outgoing, how: Loss): void {
    if (attempt.over) return;
    const reply = LOSSES[how];
    if (this.passedOn) {
      this.stopTimers();
      attempt.finish();
      this.stream.broken({ ...reply, details: reply.details.replace("before", "after") });
      return;
    }
    if (this.mayRetry() && !this.route.retryOverflow) return this.retry(attempt);
    if (this.route.retries) this.stream.info.flags |= this.mayRetry() ? Flag.Overflow : Flag.RetryLimit;
    this.stopTimers();
    attempt.finish();
    this.reply(reply);
  }

  private mayRetry(): boolean {
    return this.route.retries && this.canRetry && this.retriesLeft > 0;
  }

  private retry(attempt: Outgoing): void {
    this.retriesLeft--;
    this.timers.try?.cancel();
    this.timers.idle?.cancel();
    attempt.finish();
    this.attempt = undefined;
    this.timers.backOff = this.process.clock.after(BACK_OFF, () => {
      this.choose();
      this.start(this.complete && !this.requestTrailers);
    });
  }

  private timedOut(): void {
    const { attempt } = this;
    this.stopTimers();
    this.stream.info.flags |= Flag.ResponseTimeout;
    attempt?.finish();
    if (this.passedOn) this.stream.broken(TIMED_OUT);
    else this.reply(TIMED_OUT);
  }

  private reply({ status, flag, details, body }: Reply): void {
    this.gone = true;
    this.stream.info.flags |= flag;
    this.stream.routerReply(status, details, body);
  }

  private stopTimers(): void {
    for (const timer of Object.values(this.timers)) timer.cancel();
  }

  /** The client's stream is over. */
  destroy(): void {
    this.gone = true;
    this.stopTimers();
    this.attempt?.finish();
  }
}
