/** Writes one JSON document, with its commas, through a Writer. Keys and values follow each other; nothing checks that they fit. */
import { Char } from "./ascii";
import { Bytes } from "./bytes";
import { Writer } from "./writer";

const TRUE = Bytes.of("true");
const FALSE = Bytes.of("false");
const NULL = Bytes.of("null");

export class JsonWriter {
  /** A value or member stands before what comes next. */
  private hasBefore: bool = false;

  constructor(readonly out: Writer) {}

  /** Starts anew, on whatever the writer was put to. */
  start(): this {
    this.hasBefore = false;
    return this;
  }

  openObject(): void {
    this.begin();
    this.open(Char.OpenBrace);
  }

  closeObject(): void {
    this.close(Char.CloseBrace);
  }

  openArray(): void {
    this.begin();
    this.open(Char.OpenBracket);
  }

  closeArray(): void {
    this.close(Char.CloseBracket);
  }

  /** The key of the member that follows. It is written as it is. */
  key(name: Bytes): this {
    if (this.hasBefore) this.out.byte(Char.Comma);
    this.hasBefore = false;
    this.out.byte(Char.Quote);
    this.out.text(name);
    this.out.byte(Char.Quote);
    this.out.byte(Char.Colon);
    return this;
  }

  /** Malformed UTF-8 becomes U+FFFD. */
  string(ptr: usize, len: usize): void {
    this.begin();
    this.out.jsonString(ptr, len);
    this.hasBefore = true;
  }

  text(text: Bytes): void {
    this.string(text.ptr, text.len);
  }

  number(value: i64): void {
    this.begin();
    if (value < 0) this.out.byte(Char.Minus);
    this.out.decimal(<u64>abs(value));
    this.hasBefore = true;
  }

  flag(value: bool): void {
    this.raw(value ? TRUE : FALSE);
  }

  nothing(): void {
    this.raw(NULL);
  }

  private raw(text: Bytes): void {
    this.begin();
    this.out.text(text);
    this.hasBefore = true;
  }

  private begin(): void {
    if (this.hasBefore) this.out.byte(Char.Comma);
    this.hasBefore = false;
  }

  private open(bracket: i32): void {
    this.out.byte(bracket);
    this.hasBefore = false;
  }

  private close(bracket: i32): void {
    this.out.byte(bracket);
    this.hasBefore = true;
  }
}
