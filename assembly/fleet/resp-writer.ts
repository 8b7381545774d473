/**
 * Commands of Redis and Valkey, as a client sends them (RESP, version 2): "*2\r\n$3\r\nGET\r\n$1\r\na\r\n".
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";

const STAR = 0x2a;
const DOLLAR = 0x24;
const MINUS = 0x2d;
const LINE_END = Bytes.of("\r\n");
/** Digits of 2^64, and a sign. */
const digits: usize = memory.data(21);
const number = new Writer();

export class RespWriter {
  constructor(readonly out: Writer) {}

  /** A command of `parts` parts, which follow. */
  command(parts: i32): this {
    this.out.byte(STAR);
    this.out.decimal(<u64>parts);
    this.out.text(LINE_END);
    return this;
  }

  text(text: Bytes): this {
    return this.bytes(text.ptr, text.len);
  }

  bytes(ptr: usize, len: usize): this {
    this.out.byte(DOLLAR);
    this.out.decimal(<u64>len);
    this.out.text(LINE_END);
    this.out.raw(ptr, len);
    this.out.text(LINE_END);
    return this;
  }

  number(value: i64): this {
    number.into(digits, 21);
    if (value < 0) number.byte(MINUS);
    number.decimal(value < 0 ? 0 - <u64>value : <u64>value);
    return this.bytes(number.ptr, number.len);
  }
}
