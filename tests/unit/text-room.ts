import { startRoom } from "./compile-room.js";

/** The enums of assembly/json/syntax-error.ts and lexer.ts, by name. */
export const STATUS = [
  "ok",
  "not-object",
  "malformed",
  "truncated",
  "bad-utf8",
  "byte-order-mark",
  "too-deep",
  "duplicate-model",
  "foreign-case",
  "empty",
  "trailing",
] as const;
export const KIND = ["absent", "null", "true", "false", "number", "string", "object", "array"] as const;
export const MEMBERS = ["model", "stream", "user", "previous_response_id", "conversation"] as const;
/** The fields of a multipart body. */
export const PARTS = ["model", "stream"] as const;
const FOUND = MEMBERS.length;
const FIRST_PART = FOUND + 1;

export interface Span {
  kind: (typeof KIND)[number];
  start: number;
  end: number;
}

/** Pointer and length of the first input and of the second. */
type Spans = [number, number, number, number];

interface Exports {
  memory: WebAssembly.Memory;
  alloc(size: number): number;
  free(ptr: number): void;
  scan(ptr: number, len: number): number;
  check(ptr: number, len: number): number;
  errorOffset(): number;
  kind(member: number): number;
  start(member: number): number;
  end(member: number): number;
  lookup(ptr: number, len: number, path: number, pathLen: number): number;
  unescape(ptr: number, len: number, out: number): number;
  equalsDecoded(ptr: number, len: number, text: number, textLen: number): number;
  invalidUtf8(ptr: number, len: number): number;
  indexOf(ptr: number, len: number, needle: number, needleLen: number): number;
  equalsIgnoreCase(ptr: number, len: number, text: number, textLen: number): number;
  containsIgnoreCase(ptr: number, len: number, text: number, textLen: number): number;
  readBoundary(ptr: number, len: number): number;
  scanParts(ptr: number, len: number): number;
  parseDecimal(ptr: number, len: number): bigint;
  parseDuration(ptr: number, len: number): bigint;
  parseHttpDate(ptr: number, len: number): bigint;
  parseReset(ptr: number, len: number, nowUnixMs: bigint): bigint;
  digest(ptr: number, len: number, out: number): void;
  sameBytes(a: number, b: number, len: number): number;
  into(ptr: number, capacity: number): void;
  text(ptr: number, len: number): void;
  decimal(value: bigint): void;
  hex(ptr: number, len: number): void;
  jsonString(ptr: number, len: number): void;
  written(): number;
  overflow(): number;
}

const encoder = new TextEncoder();
export const bytesOf = (input: Uint8Array | string) => (typeof input === "string" ? encoder.encode(input) : input);

/**
 * The bytes room with inputs from Node. Each input lies in an allocation of its own, between bytes that would change the
 * result if they were read.
 */
export class BytesRoom {
  constructor(readonly wasm: Exports) {}

  static async start(simd = true): Promise<BytesRoom> {
    return new BytesRoom(await startRoom<Exports>("text", simd ? ["--enable", "simd"] : []));
  }

  /** Runs `use` with each input's pointer and length. */
  with<Result>(inputs: (Uint8Array | string)[], use: (...spans: Spans) => Result): Result {
    const blocks = inputs.map(bytesOf).map(input => {
      const block = this.wasm.alloc(input.length + 64);
      new Uint8Array(this.wasm.memory.buffer, block, input.length + 64).fill(0x22);
      new Uint8Array(this.wasm.memory.buffer, block + 32, input.length).set(input);
      return { block, len: input.length };
    });
    const spans = blocks.flatMap(({ block, len }) => [block + 32, len]);
    const result = use(...(spans as Spans));
    for (const { block } of blocks) this.wasm.free(block);
    return result;
  }

  read(ptr: number, len: number): Uint8Array {
    return new Uint8Array(this.wasm.memory.buffer, ptr, len).slice();
  }

  scan(input: Uint8Array | string) {
    const status = STATUS[this.with([input], (ptr, len) => this.wasm.scan(ptr, len))];
    const members = Object.fromEntries(MEMBERS.map((name, i) => [name, this.span(i)]));
    return { status, errorOffset: this.wasm.errorOffset(), ...members } as {
      status: (typeof STATUS)[number];
      errorOffset: number;
    } & Record<(typeof MEMBERS)[number], Span>;
  }

  check(input: Uint8Array | string) {
    return STATUS[this.with([input], (ptr, len) => this.wasm.check(ptr, len))];
  }

  /** The text of the value at this path, or undefined. */
  lookup(input: Uint8Array | string, path: string): string | undefined {
    const kind = KIND[this.with([input, path], (...spans) => this.wasm.lookup(...spans))];
    const span = this.span(FOUND);
    if (kind !== span.kind) throw new Error(`lookup says ${kind}, its span ${span.kind}`);
    if (kind === "absent") return undefined;
    return new TextDecoder().decode(bytesOf(input).subarray(span.start, span.end));
  }

  unescape(inside: string): Uint8Array {
    return this.with([inside, inside], (ptr, len, out) => this.read(out, this.wasm.unescape(ptr, len, out)));
  }

  equalsDecoded(inside: string, text: string): boolean {
    return this.with(
      [inside, text],
      (ptr, len, other, otherLen) => this.wasm.equalsDecoded(ptr, len, other, otherLen) !== 0,
    );
  }

  /** What the calls on the writer leave in `capacity` bytes, or undefined when it did not fit. */
  write(capacity: number, calls: (wasm: Exports) => void): Uint8Array | undefined {
    return this.with([new Uint8Array(capacity)], ptr => {
      this.wasm.into(ptr, capacity);
      calls(this.wasm);
      const after = this.read(ptr + capacity, 32);
      if (after.some(byte => byte !== 0x22)) throw new Error("the writer went beyond its capacity");
      return this.wasm.overflow() ? undefined : this.read(ptr, this.wasm.written());
    });
  }

  /** The status and the values of the known fields of a multipart body. */
  multipart(contentType: string, body: Uint8Array | string) {
    if (!this.with([contentType], (ptr, len) => this.wasm.readBoundary(ptr, len))) return { status: "no boundary" };
    const status = STATUS[this.with([body], (ptr, len) => this.wasm.scanParts(ptr, len))];
    if (status !== "ok") return { status };
    const values = PARTS.map((name, i) => {
      const { kind, start, end } = this.span(FIRST_PART + i);
      return [name, kind === "absent" ? undefined : new TextDecoder().decode(bytesOf(body).subarray(start, end))];
    });
    return { status, ...(Object.fromEntries(values) as Record<(typeof PARTS)[number], string | undefined>) };
  }

  /** A function of one text that returns a 64-bit number. */
  number(parse: "parseDecimal" | "parseDuration" | "parseHttpDate", text: string): number {
    return Number(this.with([text], (ptr, len) => this.wasm[parse](ptr, len)));
  }

  private span(member: number): Span {
    const kind = KIND[this.wasm.kind(member)] ?? "absent";
    return { kind, start: this.wasm.start(member), end: this.wasm.end(member) };
  }
}
