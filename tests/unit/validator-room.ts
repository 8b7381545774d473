import { startRoom } from "./compile-room.js";

/** Enums of the module, by name: config/dialect.ts, response/validator.ts and config/route.ts. */
const DIALECT = ["chat", "completions", "responses", "messages", "other"] as const;
const BODY = ["opaque", "events", "json", "text", "binary"] as const;
const MODE = ["none", "first-event", "full"] as const;
const PROGRESS = ["nothing", "progress", "content", "ended", "failed"] as const;
const DEFECT = ["none", "empty", "error-inside", "garbage", "truncated", "no-end-mark"] as const;
const FLAGS = ["good", "ended", "done", "failed", "opaque", "whole"] as const;

const NO_CUT = -0x80000000;

export type Dialect = (typeof DIALECT)[number];
export type Seen = (typeof PROGRESS)[number];

export interface Setting {
  dialect: Dialect;
  body?: (typeof BODY)[number];
  mode?: (typeof MODE)[number];
  streamed?: boolean;
  hasKnownShape?: boolean;
}

interface Exports {
  memory: WebAssembly.Memory;
  alloc(size: number): number;
  free(ptr: number): void;
  start(dialect: number, hasKnownShape: boolean, streamed: boolean, body: number, mode: number): void;
  feed(ptr: number, len: number): number;
  release(): void;
  finish(): number;
  flags(): number;
  cause(): number;
  cutAt(): number;
  events(): number;
  signs(): number;
  tokensIn(): number;
  tokensOut(): number;
  invalidEvents(): number;
  errorPtr(): number;
  errorLen(): number;
  endingOf(dialect: number): number;
  endingPtr(): number;
  scanStart(): void;
  scan(ptr: number, len: number, out: number): number;
  readStart(): void;
  read(ptr: number, len: number): void;
  readState(): number;
  readCompletion(out: number, capacity: number): number;
}

export type Chunks = (string | Uint8Array)[];

const bytesOf = (input: string | Uint8Array) => (typeof input === "string" ? Buffer.from(input) : input);

function nameIn<Name extends string>(names: readonly Name[], index: number): Name {
  const name = names[index];
  if (name === undefined) throw new Error(`${index} is none of ${names.join()}`);
  return name;
}

/** The chunks of a body cut at these places. */
export function cut(body: string | Uint8Array, places: number[]): Uint8Array[] {
  const bytes = bytesOf(body);
  const edges = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
}

export class GuardRoom {
  private constructor(private readonly wasm: Exports) {}

  static async start(simd = true): Promise<GuardRoom> {
    return new GuardRoom(await startRoom<Exports>("validator", simd ? ["--enable", "simd"] : []));
  }

  begin({
    dialect,
    body = "events",
    mode = "first-event",
    streamed = body === "events",
    hasKnownShape = true,
  }: Setting) {
    this.wasm.start(DIALECT.indexOf(dialect), hasKnownShape, streamed, BODY.indexOf(body), MODE.indexOf(mode));
  }

  feed(chunk: string | Uint8Array): Seen {
    return nameIn(
      PROGRESS,
      this.with(chunk, (ptr, len) => this.wasm.feed(ptr, len)),
    );
  }

  release(): void {
    this.wasm.release();
  }

  finish(): Seen {
    return nameIn(PROGRESS, this.wasm.finish());
  }

  get memorySize(): number {
    return this.wasm.memory.buffer.byteLength;
  }

  /** What does not depend on how an answer was cut into chunks. */
  state() {
    const flags = this.wasm.flags();
    const error = this.wasm.errorLen();
    return {
      ...(Object.fromEntries(FLAGS.map((name, i) => [name, ((flags >> i) & 1) === 1])) as Record<
        (typeof FLAGS)[number],
        boolean
      >),
      cause: nameIn(DEFECT, this.wasm.cause()),
      events: this.wasm.events(),
      signs: this.wasm.signs(),
      tokens: [this.wasm.tokensIn(), this.wasm.tokensOut()],
      invalidEvents: this.wasm.invalidEvents(),
      error: error ? Buffer.from(this.bytes(this.wasm.errorPtr(), error)).toString() : "",
    };
  }

  /** Of the last answer what its client has got, once it passes: all of it, or up to where an error event follows. */
  given = "";

  /** The whole life of one answer. */
  judge(setting: Setting, chunks: Chunks) {
    this.begin(setting);
    const given: Uint8Array[] = [];
    let isCut = false;
    const seen = chunks.map(chunk => {
      const seen = this.feed(chunk);
      const at = this.wasm.cutAt();
      if (!isCut) given.push(bytesOf(chunk));
      if (at !== NO_CUT && !isCut) {
        const before = Buffer.concat(given);
        given.splice(0, given.length, before.subarray(0, before.length - bytesOf(chunk).length + at));
        isCut = true;
      }
      return seen;
    });
    this.given = Buffer.concat(given).toString();
    return { seen, end: this.finish(), ...this.state() };
  }

  ending(dialect: Dialect): Buffer {
    const len = this.wasm.endingOf(DIALECT.indexOf(dialect));
    return Buffer.from(this.bytes(this.wasm.endingPtr(), len));
  }

  /** The data of the events that the scanner finds. */
  scan(chunks: Chunks): string[] {
    this.wasm.scanStart();
    let text = "";
    for (const chunk of chunks) {
      const bytes = bytesOf(chunk);
      const out = this.wasm.alloc(bytes.length * 2 + 16);
      const end = this.with(bytes, (ptr, len) => this.wasm.scan(ptr, len, out));
      text += Buffer.from(this.bytes(out, end - out)).toString("latin1");
      this.wasm.free(out);
    }
    return text
      .split("\u0002")
      .slice(0, -1)
      .map(event => Buffer.from(event.replaceAll("\u0001", "\n"), "latin1").toString());
  }

  read(chunks: Chunks): "broken" | "open" | "complete" {
    this.wasm.readStart();
    for (const chunk of chunks) this.with(chunk, (ptr, len) => this.wasm.read(ptr, len));
    return nameIn(["broken", "open", "complete"], this.wasm.readState());
  }

  /** What must follow the text that was read, before one more member and the last brace. */
  completion(): string | undefined {
    const out = this.wasm.alloc(1024);
    const len = this.wasm.readCompletion(out, 1024);
    const text = len < 0 ? undefined : Buffer.from(this.bytes(out, len)).toString();
    this.wasm.free(out);
    return text;
  }

  /** Each chunk lies in an allocation of its own, between bytes that would change the result if they were read. */
  private with<Result>(chunk: string | Uint8Array, use: (ptr: number, len: number) => Result): Result {
    const bytes = bytesOf(chunk);
    const block = this.wasm.alloc(bytes.length + 64);
    const memory = new Uint8Array(this.wasm.memory.buffer, block, bytes.length + 64);
    memory.fill(0x22);
    memory.set(bytes, 32);
    const result = use(block + 32, bytes.length);
    // Its memory may have grown meanwhile.
    new Uint8Array(this.wasm.memory.buffer, block, bytes.length + 64).fill(0);
    this.wasm.free(block);
    return result;
  }

  private bytes(ptr: number, len: number): Uint8Array {
    return new Uint8Array(this.wasm.memory.buffer, ptr, len).slice();
  }
}
