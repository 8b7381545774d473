/** What is wrong with a JSON text, and the two looks at a byte that every step over it needs. */

export enum Status {
  Ok,
  /** JSON, but not an object. */
  NotObject,
  Malformed,
  /** The text ends too early. */
  Truncated,
  BadUtf8,
  /** U+FEFF in front, which RFC 8259, section 8.1 lets a parser refuse. */
  ByteOrderMark,
  /** More than MAX_DEPTH arrays and objects inside each other. */
  TooDeep,
  DuplicateModel,
  /** A key that differs from `model` or `stream` in case only: servers in Go read it as that. */
  ForeignCase,
  /** Nothing but blanks. */
  Empty,
  /** More follows behind the end of the text. */
  Trailing,
}

export class SyntaxError {
  status: Status = Status.Ok;
  /** Pointer to the byte that is wrong. */
  at: usize = 0;
}

/** The error for which a step over the text has returned 0. */
export const syntaxError = new SyntaxError();

/** Notes an error; returns 0, as every step that finds one does. */
export function fail(status: Status, at: usize): usize {
  syntaxError.status = status;
  syntaxError.at = at;
  return 0;
}

/** The byte at p, or -1 at the end. */
export function peek(p: usize, end: usize): i32 {
  return p < end ? <i32>load<u8>(p) : -1;
}

/** A byte that does not belong here, or the end where one should be. */
export function unexpected(p: usize, end: usize): usize {
  return fail(p < end ? Status.Malformed : Status.Truncated, p);
}
