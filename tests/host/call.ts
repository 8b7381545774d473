/** A client's call: what it asks, and what it gets. */
import type { Clock } from "./virtual-clock.js";
import { HeaderList, type HeaderInput } from "./host-headers.js";
import type { Process } from "./process.js";

export interface Ask {
  /** Default POST, or GET without a body. */
  method?: string;
  /** Default /v1/chat/completions. */
  path?: string;
  headers?: HeaderInput;
  /** An object goes as JSON; a list in pieces, in which a number is a pause in ms. */
  body?: string | Buffer | object | (string | Buffer | number)[];
  /** The last piece carries the end of stream, as HTTP/2 may; else an empty one follows. */
  endsWithLast?: boolean;
  trailers?: HeaderInput;
  worker?: number;
  /** The listener: where the module sits there, default "gateway". */
  place?: "gateway" | "status";
  /** Default gateway.local. */
  host?: string;
  /** Default 127.0.0.1:40000. */
  source?: string;
  /** Default HTTP/1.1. */
  protocol?: string;
  /** The client goes away after so many ms, or as soon as it has got this text (its headers: ""). */
  leaveAfter?: number;
  leaveOn?: string;
  /** Its x-envoy-* headers are not removed, as from an address of internal_address_config. */
  trusted?: boolean;
}

/** "complete"; "reset" by the gateway: a broken transfer; "left" by the client. */
export type Ended = "complete" | "reset" | "left";

/** Who began a stream, and gets its answer. */
export interface Asker {
  /** 0: no headers came. */
  readonly status: number;
  gotHeaders(map: HeaderList, end: boolean): void;
  gotData(bytes: Buffer, end: boolean): void;
  gotTrailers(map: HeaderList): void;
  /** After the last callbacks of the stream's filters. */
  end(how: Ended): void;
}

export class Call implements Asker {
  /** 0: no headers came. */
  status = 0;
  headers: Record<string, string> = {};
  trailers: Record<string, string> | undefined;
  /** Every piece as it came. */
  chunks: { at: number; text: string }[] = [];
  ended: Ended | undefined;
  /** Virtual ms from the start to the end, to the headers, to the first byte of the body. */
  ms = 0;
  headersAfter: number | undefined;
  firstByteAfter: number | undefined;
  /** `response.code_details` and `response.flags` at the end. */
  details = "";
  flags = 0n;
  /** What an access log would print of `wasm.record`. */
  record: string | undefined;

  private readonly bytes: Buffer[] = [];
  private readonly started: number;
  private readonly clock: Clock;

  constructor(
    private readonly process: Process,
    private readonly ask: Ask,
    /** Makes the client go away. */
    readonly leave: () => void,
  ) {
    this.clock = process.clock;
    this.started = this.clock.now;
    if (ask.leaveAfter !== undefined) this.clock.after(ask.leaveAfter, leave);
  }

  get text(): string {
    return Buffer.concat(this.bytes).toString("utf8");
  }

  json(): any /* eslint-disable-line @typescript-eslint/no-explicit-any */ {
    return JSON.parse(this.text);
  }

  gotHeaders(map: HeaderList): void {
    this.headersAfter = this.clock.now - this.started;
    this.headers = map.toObject();
    this.status = Number(map.get(":status"));
    if (!(this.status >= 200 && this.status < 600)) this.process.violate(`an answer with the status ${this.status}`);
    delete this.headers[":status"];
    if (this.ask.leaveOn === "") this.clock.after(0, this.leave);
  }

  gotData(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.firstByteAfter ??= this.clock.now - this.started;
    this.bytes.push(bytes);
    this.chunks.push({ at: this.clock.now - this.started, text: bytes.toString("utf8") });
    if (this.ask.leaveOn && this.text.includes(this.ask.leaveOn)) this.clock.after(0, this.leave);
  }

  gotTrailers(map: HeaderList): void {
    this.trailers = map.toObject();
  }

  end(how: Ended): void {
    this.ended = how;
    this.ms = this.clock.now - this.started;
    const length = this.headers["content-length"];
    const size = this.bytes.reduce((sum, { length }) => sum + length, 0);
    const bodyless = this.ask.method === "HEAD" || this.status === 204 || this.status === 304;
    if (how === "complete" && length !== undefined && !bodyless && Number(length) !== size)
      this.process.violate(`the client was told ${length} bytes and got ${size}`);
  }
}

/** As pieces; undefined: there is no body. */
export function piecesOf({ body }: Ask): (Buffer | number)[] | undefined {
  if (body === undefined) return undefined;
  if (Array.isArray(body)) return body.map(piece => (typeof piece === "number" ? piece : Buffer.from(piece)));
  if (typeof body === "string" || Buffer.isBuffer(body)) return [Buffer.from(body)];
  return [Buffer.from(JSON.stringify(body))];
}

/** The headers as the connection manager gives them to the first filter. */
export function edgeHeaders(ask: Ask, pieces: (Buffer | number)[] | undefined): HeaderList {
  const map = new HeaderList([
    [":method", ask.method ?? (pieces ? "POST" : "GET")],
    [":path", ask.path ?? "/v1/chat/completions"],
    [":scheme", "http"],
    [":authority", ask.host ?? "gateway.local"],
  ]);
  if (pieces) map.set("content-type", "application/json");
  const known = pieces?.every(piece => typeof piece !== "number") && !Array.isArray(ask.body);
  if (pieces && known) map.set("content-length", String(Buffer.concat(pieces as Buffer[]).length));
  const own = new HeaderList(ask.headers ?? []);
  for (const name of own.names()) if (ask.trusted || !name.startsWith("x-envoy-")) map.set(name, own.get(name)!);
  map.set("x-forwarded-proto", "http");
  map.set("x-forwarded-for", "203.0.113.7");
  map.set("x-envoy-external-address", "203.0.113.7");
  map.set("x-request-id", "5b1c0d1e-0000-4000-8000-000000000000");
  return map;
}
