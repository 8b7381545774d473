/**
 * One filter's part in one direction of a stream, as Envoy's filter manager and its wasm filter keep it together: what each status
 * of a callback means for the headers, body and trailers that wait (docs/envoy-facts.md, 3).
 */
import { BodyStatus, HeadersStatus } from "./abi.js";
import type { BodySlot } from "./context.js";
import type { HeaderList } from "./host-headers.js";
import { STOPPED } from "./vm.js";

/** What comes after the filter. */
export interface Next {
  headers(map: HeaderList, end: boolean): void;
  data(bytes: Buffer, end: boolean): void;
  trailers(map: HeaderList): void;
}

/** Whose direction this is. */
export interface Owner {
  /** null: nothing goes on, because the stream is over or its VM is dead. */
  call(callback: string, ...args: number[]): number | null;
  /** StopIteration of a headers callback reaches us as it is. */
  passesStopIteration(): boolean;
  /** More than the limit waits in the buffer. */
  overflow(): void;
}

interface Callbacks {
  headers: string;
  body: string;
  trailers: string;
}

export const REQUEST: Callbacks = {
  headers: "proxy_on_request_headers",
  body: "proxy_on_request_body",
  trailers: "proxy_on_request_trailers",
};

export const RESPONSE: Callbacks = {
  headers: "proxy_on_response_headers",
  body: "proxy_on_response_body",
  trailers: "proxy_on_response_trailers",
};

type State =
  | "idle"
  /** What comes goes on at once. */
  | "open"
  /** Held, while body callbacks go on. */
  | "held"
  /** Everything waits, without callbacks. */
  | "stopped";

export class Pass {
  /** What the guest may read and change; null where no callback may. */
  map: HeaderList | null = null;
  trailersMap: HeaderList | null = null;
  slot: BodySlot | null = null;
  /** Headers have reached this filter. */
  begun = false;
  state: State = "idle";

  /** Headers that have not gone on. */
  private waiting: HeaderList | null = null;
  private headersEnd = false;
  private buffer: Buffer[] = [];
  private size = 0;
  /** The last body status was StopAndBuffer: the guest sees the whole buffer. */
  private buffering = false;
  private ended = false;
  private waitingTrailers: HeaderList | null = null;
  private inside = false;

  constructor(
    private readonly owner: Owner,
    private readonly callbacks: Callbacks,
    private readonly next: Next,
    private readonly limit: number,
  ) {}

  headers(map: HeaderList, end: boolean): void {
    this.begun = true;
    this.ended = end;
    this.headersEnd = end;
    this.map = map;
    this.waiting = map;
    const status = this.call(this.callbacks.headers, map.size, end ? 1 : 0);
    if (status === null) return;
    if (status === HeadersStatus.Continue) {
      this.state = "open";
      this.flushHeaders();
      return;
    }
    const stops = status !== HeadersStatus.StopIteration || !this.owner.passesStopIteration();
    this.state = stops ? "stopped" : "held";
  }

  data(bytes: Buffer, end: boolean): void {
    this.ended ||= end;
    if (this.state === "stopped") {
      this.keep(bytes);
      return;
    }
    const slot = { bytes: this.buffering ? Buffer.concat([...this.buffer, bytes]) : bytes };
    this.slot = slot;
    const status = this.call(this.callbacks.body, slot.bytes.length, end ? 1 : 0);
    this.slot = null;
    if (status === null) return;
    if (this.buffering) this.empty();
    this.buffering = status === BodyStatus.StopAndBuffer;
    if (status !== BodyStatus.StopNoBuffer && status !== STOPPED) this.keep(slot.bytes);
    if (status === BodyStatus.Continue) {
      this.state = "open";
      this.flushHeaders();
      this.flushData(end);
      return;
    }
    this.state = "held";
    if (this.buffering && this.size > this.limit) this.owner.overflow();
  }

  trailers(map: HeaderList): void {
    this.trailersMap = map;
    this.waitingTrailers = map;
    if (this.state === "stopped") return;
    const status = this.call(this.callbacks.trailers, map.size);
    if (status === null) return;
    if (status === BodyStatus.Continue) this.flush();
    else this.state = "held";
  }

  /** continue_stream. A text says why it is wrong now. */
  resume(): string | void {
    if (this.inside) return "from a callback of the same direction: return Continue instead";
    if (this.state === "idle" || this.state === "open") return `nothing is stopped (${this.state})`;
    if (this.state === "held") return this.flush();
    // After "stop everything" the body still has to pass this filter.
    const unseen = Buffer.concat(this.buffer);
    const trailers = this.waitingTrailers;
    this.empty();
    this.waitingTrailers = null;
    this.state = "open";
    this.flushHeaders();
    const end = this.ended && !this.headersEnd;
    if (unseen.length > 0 || end) this.data(unseen, end);
    if (trailers) this.trailers(trailers);
  }

  private call(callback: string, ...args: number[]): number | null {
    this.inside = true;
    const status = this.owner.call(callback, ...args);
    this.inside = false;
    return status;
  }

  private keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.buffer.push(bytes);
    this.size += bytes.length;
  }

  private empty(): void {
    this.buffer = [];
    this.size = 0;
  }

  /** Everything that waits goes on. */
  private flush(): void {
    this.state = "open";
    // Held headers whose body has ended without leaving anything in the buffer go on as those of a message without a body.
    if (this.waiting && this.ended && this.size === 0 && !this.waitingTrailers) this.headersEnd = true;
    this.flushHeaders();
    this.flushData(this.ended && !this.headersEnd);
    const trailers = this.waitingTrailers;
    this.waitingTrailers = null;
    if (trailers) this.next.trailers(trailers);
  }

  private flushHeaders(): void {
    this.map = null;
    const map = this.waiting;
    this.waiting = null;
    if (map) this.next.headers(map, this.headersEnd);
  }

  private flushData(end: boolean): void {
    const bytes = this.buffer.length === 1 ? this.buffer[0]! : Buffer.concat(this.buffer);
    this.empty();
    if (bytes.length > 0 || end) this.next.data(bytes, end);
  }
}
