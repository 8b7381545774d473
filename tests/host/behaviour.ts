/** What a provider does with one request: a script in virtual time. */
import { HeaderList, type HeaderInput } from "./host-headers.js";
import type { Clock, Timer } from "./virtual-clock.js";

/** Bytes of a body; a number is a pause in ms before what follows. */
export type Piece = string | Buffer | number;

export interface Answer {
  /** ms from the complete request to the headers. */
  wait?: number;
  /** ms until the connection stands. */
  connect?: number;
  /** Statuses of interim answers before the real one. */
  interim?: number[];
  /** Default 200. */
  status?: number;
  headers?: HeaderInput;
  body?: Piece | Piece[];
  trailers?: HeaderInput;
  /** How it ends after the last piece: "clean" (default), "cut" by a reset, or "stall" for ever. */
  end?: "clean" | "cut" | "stall";
  /** The last piece carries the end of stream, as HTTP/2 may; else an empty chunk follows, as in HTTP/1. */
  endsWithLast?: boolean;
}

/** How a request may go without an answer. */
export type FaultName = "refused" | "connect-timeout" | "tls" | "reset" | "silence";

export interface Fault {
  fault: FaultName;
  /** ms until it shows; of a connect timeout, its length. */
  wait?: number;
  connect?: number;
}

export type Behaviour = Answer | Fault | FaultName;

/** Cluster's connect_timeout of a behaviour that names none, ms. */
const CONNECT_TIMEOUT = 5000;

/** What a request meets, in this order: one of the first two, then the rest. */
export interface Sink {
  connected(): void;
  /** `reason` as in upstream.transport_failure_reason; "" for a connect timeout. */
  connectFailed(reason: string): void;
  interim(): void;
  headers(map: HeaderList, end: boolean): void;
  data(bytes: Buffer, end: boolean): void;
  trailers(map: HeaderList): void;
  reset(): void;
}

/** `upstream.transport_failure_reason`, as measured. */
const CONNECT_FAILURES: Partial<Record<FaultName, string>> = {
  refused: "delayed connect error: Connection refused",
  "connect-timeout": "",
  tls: "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end",
};

/** A behaviour that runs. `ended` after its last event. */
export class Run {
  ended = false;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly sink: Sink,
    behaviour: Behaviour,
  ) {
    if (typeof behaviour === "string") this.fail({ fault: behaviour });
    else if ("fault" in behaviour) this.fail(behaviour);
    else this.answer(behaviour);
  }

  /** The other side has gone. */
  cancel(): void {
    this.timer?.cancel();
    this.ended = true;
  }

  private after(ms: number, run: () => void): void {
    this.timer = this.clock.after(ms, () => {
      if (!this.ended) run();
    });
  }

  private finish(last: () => void): void {
    this.ended = true;
    last();
  }

  private fail({ fault, wait = 0, connect = 0 }: Fault): void {
    const reason = CONNECT_FAILURES[fault];
    if (reason !== undefined) {
      const ms = fault === "connect-timeout" ? wait || CONNECT_TIMEOUT : wait;
      this.after(ms, () => this.finish(() => this.sink.connectFailed(reason)));
      return;
    }
    this.after(connect, () => {
      this.sink.connected();
      if (fault === "reset") this.after(wait, () => this.finish(() => this.sink.reset()));
    });
  }

  private answer(answer: Answer): void {
    this.after(answer.connect ?? 0, () => {
      this.sink.connected();
      if (this.ended) return;
      this.after(answer.wait ?? 0, () => this.begin(answer));
    });
  }

  private begin(answer: Answer): void {
    for (const _ of answer.interim ?? []) this.sink.interim();
    const pieces = answer.body === undefined ? [] : Array.isArray(answer.body) ? [...answer.body] : [answer.body];
    const headers = new HeaderList(answer.headers ?? []);
    const map = new HeaderList([[":status", String(answer.status ?? 200)]]);
    for (const name of new Set(headers.names())) map.add(name, headers.get(name)!);
    const headersOnly = pieces.length === 0 && !answer.trailers && (answer.end ?? "clean") === "clean";
    if (headersOnly) this.finish(() => this.sink.headers(map, true));
    else {
      this.sink.headers(map, false);
      this.go(answer, pieces);
    }
  }

  private go(answer: Answer, pieces: Piece[]): void {
    while (!this.ended) {
      const piece = pieces.shift();
      if (piece === undefined) return this.end(answer);
      if (typeof piece === "number") return this.after(piece, () => this.go(answer, pieces));
      const last = pieces.length === 0 && answer.endsWithLast === true && !answer.trailers;
      const bytes = Buffer.from(piece);
      if (last) this.finish(() => this.sink.data(bytes, true));
      else this.sink.data(bytes, false);
    }
  }

  private end(answer: Answer): void {
    if (answer.end === "stall") return;
    this.finish(() => {
      if (answer.end === "cut") this.sink.reset();
      else if (answer.trailers) this.sink.trailers(new HeaderList(answer.trailers));
      else this.sink.data(Buffer.alloc(0), true);
    });
  }
}
