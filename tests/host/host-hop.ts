/** Hop mode: the listener inside of Envoy that every attempt passes, on the worker of its request (docs/modes.md). */
import type { Asker, Ended } from "./call.js";
import type { AttemptOwner, Outgoing, Upstreams } from "./host-attempt.js";
import type { HeaderList } from "./host-headers.js";
import { Stream, type StreamOptions } from "./stream.js";

/** The cluster whose only endpoint is that listener. */
export const INNER_CLUSTER = "ai_failover_attempts";

/** What the client's router reaches: that listener, whatever the providers behind it are like. */
export const throughListener = (inner: StreamOptions): Upstreams => ({
  has: cluster => cluster === INNER_CLUSTER,
  isHealthy: () => true,
  attempt: owner => new Hop(owner, inner),
});

/** On the internal listener: the attempt filter is an ordinary HTTP filter here. */
class InnerStream extends Stream {
  constructor(
    options: StreamOptions,
    owner: AttemptOwner,
    map: HeaderList,
    protected readonly asker: Asker,
  ) {
    super(options, owner.stream.thread, "attempt", map);
    this.info.protocol = "HTTP/1.1";
    this.info.source = "envoy://internal_client_address/";
  }

  begin(end: boolean): void {
    if (!this.filter.open()) return this.vmDied();
    this.filter.request.headers(this.requestMap, end);
  }

  data(bytes: Buffer, end: boolean): void {
    if (!this.over) this.filter.request.data(bytes, end);
  }

  trailers(map: HeaderList): void {
    if (!this.over) this.filter.request.trailers(map);
  }
}

/** An attempt of the client's router: the connection between the two listeners. */
class Hop implements Outgoing, Asker {
  over = false;
  status = 0;
  private inner: InnerStream | undefined;
  /** The end of the answer, which comes after the last callbacks of the inner stream. */
  private last: (() => void) | undefined;

  constructor(
    private readonly owner: AttemptOwner,
    private readonly options: StreamOptions,
  ) {}

  start(map: HeaderList, body: Buffer, end: boolean): void {
    const copy = map.copy();
    copy.set("x-forwarded-proto", "http");
    this.inner = new InnerStream(this.options, this.owner, copy, this);
    this.owner.connected();
    this.inner.begin(end && body.length === 0);
    if (body.length > 0) this.requestData(body, end);
  }

  requestData(bytes: Buffer, end: boolean): void {
    this.inner!.data(bytes, end);
  }

  requestTrailers(map: HeaderList): void {
    this.inner!.trailers(map.copy());
  }

  finish(): void {
    if (this.over) return;
    this.over = true;
    this.inner!.leave();
  }

  gotHeaders(map: HeaderList, end: boolean): void {
    this.status = Number(map.get(":status"));
    this.pass(() => this.owner.answered(this, map.copy(), end), end);
  }

  gotData(bytes: Buffer, end: boolean): void {
    this.pass(() => this.owner.answerData(this, bytes, end), end);
  }

  gotTrailers(map: HeaderList): void {
    this.pass(() => this.owner.answerTrailers(this, map.copy()), true);
  }

  private pass(deliver: () => void, end: boolean): void {
    if (this.over) return;
    if (end) this.last = deliver;
    else {
      this.owner.alive();
      deliver();
    }
  }

  end(how: Ended): void {
    if (this.over) return;
    if (how === "complete") this.last!();
    else this.owner.lost(this, "reset");
  }
}
