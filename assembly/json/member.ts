import { Bytes } from "../text/bytes";
import { Kind } from "./lexer";

/** A value that a scan looks for: what it is and where, in bytes from the start of the document. */
export class JsonMember {
  kind: Kind = Kind.Absent;
  /** A string's span includes its quotes. */
  start: usize = 0;
  end: usize = 0;

  constructor(readonly name: Bytes) {}

  put(kind: Kind, start: usize, end: usize): void {
    this.kind = kind;
    this.start = start;
    this.end = end;
  }
}
