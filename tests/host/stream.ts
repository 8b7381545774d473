/** A stream of a listener: the module's role there, the router behind it, and the way of every answer to whoever asked. */
import { Flag } from "./abi.js";
import { Call, edgeHeaders, piecesOf, type Ask, type Asker, type Ended } from "./call.js";
import type { LocalReply } from "./context.js";
import { Filter, type Surroundings } from "./filter.js";
import { HeaderList } from "./host-headers.js";
import { StreamInfo } from "./info.js";
import type { Next } from "./pass.js";
import type { Process } from "./process.js";
import type { Upstreams } from "./host-attempt.js";
import { Router, type RouteOptions } from "./router.js";
import type { Thread } from "./thread.js";

export interface StreamOptions {
  process: Process;
  upstreams: Upstreams;
  route: RouteOptions;
  /** per_connection_buffer_limit_bytes. */
  bufferLimit: number;
  allowStopIteration: boolean;
  /** Also the property names of hosts before 1.33. */
  legacyProperties: boolean;
  /** `local_reply_config` of the internal listener: an answer that is cut while it is held asks for the next attempt. */
  cutAsksForRetry?: boolean;
}

/** The host writes them, or they belong to one connection. */
const NOT_IN_REPLY = [":status", "content-length", "transfer-encoding", "connection", "keep-alive"];

/** One request on a listener: a filter of the module's, and the router behind it. */
export abstract class Stream implements Surroundings {
  readonly info: StreamInfo;
  readonly startedAt: number;
  protected over = false;
  protected readonly filter: Filter;
  private readonly router: Router;
  /** Path and host as they came. */
  private readonly origin: (string | undefined)[];
  private responseMap: HeaderList | null = null;

  constructor(
    protected readonly options: StreamOptions,
    readonly thread: Thread,
    place: string,
    protected readonly requestMap: HeaderList,
  ) {
    const { process, upstreams, route } = options;
    this.startedAt = process.clock.now;
    this.info = new StreamInfo(options.legacyProperties);
    this.info.cluster = route.cluster;
    this.info.route = route.name;
    this.origin = [requestMap.get(":path"), requestMap.get(":authority")];
    this.router = new Router(this, process, upstreams, route);
    const back: Next = {
      headers: (map, end) => this.send(map, end),
      data: (bytes, end) => this.sendData(bytes, end),
      trailers: map => this.sendTrailers(map),
    };
    this.filter = new Filter(this, place, this.router, back);
  }

  protected abstract readonly asker: Asker;

  /** The access log is being written. */
  protected logged(): void {}

  get bufferLimit(): number {
    return this.options.bufferLimit;
  }

  get allowStopIteration(): boolean {
    return this.options.allowStopIteration;
  }

  isOver(): boolean {
    return this.over;
  }

  /** Whether another route serves the request than the one that was found first. Higress keeps that one when it is told to. */
  hasMoved(): boolean {
    const { options, info, requestMap } = this;
    const keeps = options.legacyProperties && info.filterState.get("wasm.clear_route_cache")?.toString() === "off";
    return !keeps && [":path", ":authority"].some((name, i) => requestMap.get(name) !== this.origin[i]);
  }

  /** Whoever asked has gone. */
  leave(): void {
    if (this.over) return;
    this.info.flags |= Flag.DownstreamDisconnect;
    this.info.details = "downstream_remote_disconnect";
    this.finish("left");
  }

  // === The answer ===

  /** What comes from the router, through the module. */
  readonly answer: Next = {
    headers: (map, end) => this.over || this.filter.response.headers(map, end),
    data: (bytes, end) => this.over || this.filter.response.data(bytes, end),
    trailers: map => this.over || this.filter.response.trailers(map),
  };

  private send(map: HeaderList, end: boolean): void {
    if (this.over) return;
    this.responseMap = map;
    this.info.code = Number(map.get(":status"));
    this.asker.gotHeaders(map, end);
    if (end) this.finish("complete");
  }

  private sendData(bytes: Buffer, end: boolean): void {
    if (this.over) return;
    this.asker.gotData(bytes, end);
    if (end) this.finish("complete");
  }

  private sendTrailers(map: HeaderList): void {
    if (this.over) return;
    this.asker.gotTrailers(map);
    this.finish("complete");
  }

  routerReply(status: number, details: string, body: string): void {
    this.give({ status, details, body: Buffer.from(body), headers: new HeaderList() });
  }

  /** By send_local_response of either role. */
  localReply(reply: LocalReply): string | void {
    if (this.asker.status !== 0) return "headers have gone to the client";
    const wrong = NOT_IN_REPLY.filter(name => reply.headers.has(name));
    if (wrong.length > 0) return `the host sets ${wrong.join(", ")}`;
    this.give(reply);
  }

  /** Through the module while it has seen no answer yet, past it while it holds one (facts 3.2, 3.3, 5). */
  private give({ status, details, body, headers }: LocalReply): void {
    if (this.over) return;
    const map = new HeaderList([[":status", String(status)]]);
    for (const name of new Set(headers.names())) map.set(name, headers.get(name)!);
    if (body.length > 0) {
      map.set("content-length", String(body.length));
      if (!map.has("content-type")) map.set("content-type", "text/plain");
    } else map.remove("content-type");
    this.info.code = status;
    this.info.details = details;
    const to: Next = this.filter.response.begun ? this.past : this.answer;
    to.headers(map, body.length === 0);
    if (body.length > 0) to.data(body, true);
  }

  private readonly past: Next = {
    headers: (map, end) => this.send(map, end),
    data: (bytes, end) => this.sendData(bytes, end),
    trailers: map => this.sendTrailers(map),
  };

  /** The answer broke off after the router had passed on its headers: the module gets no callback but its last ones. */
  broken({ status, details, body }: { status: number; details: string; body: string }): void {
    if (this.over) return;
    this.info.flags |= Flag.UpstreamReset;
    if (this.asker.status === 0) {
      const headers = new HeaderList(this.options.cutAsksForRetry ? [["x-ai-failover-retry", "1"]] : []);
      return this.give({ status, details, body: Buffer.from(body), headers });
    }
    this.info.details = details;
    this.finish("reset");
  }

  /** By close_stream. */
  breakOff(): void {
    this.info.details = "wasm_close_stream";
    this.finish("reset");
  }

  /** The VM is dead: nothing of it is asked any more. */
  vmDied(): void {
    if (this.over) return;
    if (this.asker.status !== 0) return this.finish("reset");
    this.info.details = "wasm_fail_stream";
    this.send(new HeaderList([[":status", "503"]]), true);
  }

  overflow(direction: "request" | "response"): void {
    const large = direction === "request" ? 413 : 500;
    this.routerReply(
      large,
      `${direction}_payload_too_large`,
      large === 413 ? "Payload Too Large" : "Internal Server Error",
    );
  }

  /** Log, done and delete of the gateway role come first, then those of an attempt that still runs (facts 4.1). */
  private finish(how: Ended): void {
    this.over = true;
    this.filter.log(this.requestMap, this.responseMap);
    this.logged();
    this.filter.close();
    this.router.destroy();
    this.asker.end(how);
  }
}

/** A client's. */
export class ClientStream extends Stream {
  readonly call: Call;
  protected readonly asker: Asker;
  private readonly pieces: (Buffer | number)[] | undefined;

  constructor(
    options: StreamOptions,
    thread: Thread,
    private readonly ask: Ask,
  ) {
    const pieces = piecesOf(ask);
    super(options, thread, ask.place ?? "gateway", edgeHeaders(ask, pieces));
    this.pieces = pieces;
    this.info.protocol = ask.protocol ?? "HTTP/1.1";
    this.info.source = ask.source ?? "127.0.0.1:40000";
    this.call = new Call(options.process, ask, () => this.leave());
    this.asker = this.call;
  }

  start(): void {
    if (!this.filter.open()) return this.vmDied();
    const { pieces } = this;
    const { trailers } = this.ask;
    this.filter.request.headers(this.requestMap, !pieces && !trailers);
    if (pieces) this.sendPieces(pieces);
    else if (trailers && !this.over) this.filter.request.trailers(new HeaderList(trailers));
  }

  private sendPieces(pieces: (Buffer | number)[]): void {
    const { trailers, endsWithLast } = this.ask;
    while (!this.over) {
      const piece = pieces.shift();
      if (typeof piece === "number") {
        this.options.process.clock.after(piece, () => this.sendPieces(pieces));
        return;
      }
      if (piece === undefined) {
        if (trailers) this.filter.request.trailers(new HeaderList(trailers));
        else this.filter.request.data(Buffer.alloc(0), true);
        return;
      }
      const last = pieces.length === 0 && endsWithLast === true && !trailers;
      this.filter.request.data(piece, last);
      if (last) return;
    }
  }

  protected override logged(): void {
    this.call.details = this.info.details;
    this.call.flags = this.info.flags;
    this.call.record = this.info.filterState.get("wasm.record")?.toString("utf8");
  }
}
