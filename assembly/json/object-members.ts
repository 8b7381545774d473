/** A walk over the members of a JSON object that the lexer has accepted. */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Kind, keyEndAt, kindOf, skipBlank, skipValue, valueAfter } from "./lexer";
import { equalsDecoded } from "./unescape";

@unmanaged
export class ObjectMembers {
  /** The inside of its quotes. */
  key: usize = 0;
  keyLen: usize = 0;
  /** A string's quotes are part of it. */
  value: usize = 0;
  valueLen: usize = 0;
  private at: usize = 0;
  private end: usize = 0;

  /** False: the text is no object. */
  start(ptr: usize, len: usize): bool {
    this.end = ptr + len;
    const open = skipBlank(ptr, this.end);
    this.at = skipBlank(open + 1, this.end);
    return kindOf(open) == Kind.Object;
  }

  /** Moves to the next member; false at the end. */
  next(): bool {
    const end = this.end;
    if (load<u8>(this.at) == Char.CloseBrace) return false;
    this.key = this.at + 1;
    const keyEnd = keyEndAt(this.at, end);
    this.keyLen = keyEnd - this.key;
    this.value = valueAfter(keyEnd, end);
    const behind = skipValue(this.value, end, 0);
    this.valueLen = behind - this.value;
    this.at = skipBlank(behind, end);
    if (load<u8>(this.at) == Char.Comma) this.at = skipBlank(this.at + 1, end);
    return true;
  }

  get kind(): Kind {
    return kindOf(this.value);
  }

  isNamed(name: Bytes): bool {
    return equalsDecoded(this.key, this.keyLen, name);
  }
}
