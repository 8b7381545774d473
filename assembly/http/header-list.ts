/**
 * A walk over headers as the host hands them over, all at once:
 *
 *   u32 count | count x (u32 name size, u32 value size) | count x (name NUL value NUL)
 *
 *   const header = headersIn(list.ptr, list.len);
 *   while (header.next()) use(header.name, header.nameLen);
 */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";

/** The header that the walk has come to. */
@unmanaged
export class Header {
  name: usize = 0;
  nameLen: usize = 0;
  value: usize = 0;
  valueLen: usize = 0;

  private left: u32 = 0;
  private sizes: usize = 0;
  private text: usize = 0;

  start(list: usize, len: usize): this {
    this.left = len >= 4 ? load<u32>(list) : 0;
    this.sizes = list + 4;
    this.text = this.sizes + <usize>this.left * 8;
    return this;
  }

  /** Moves to the next header; false at the end. */
  next(): bool {
    if (this.left == 0) return false;
    this.left--;
    this.nameLen = load<u32>(this.sizes);
    this.valueLen = load<u32>(this.sizes, 4);
    this.sizes += 8;
    this.name = this.text;
    this.value = this.text + this.nameLen + 1;
    this.text = this.value + this.valueLen + 1;
    return true;
  }

  isNamed(name: Bytes): bool {
    return name.equals(this.name, this.nameLen);
  }
}

const header = new Header();

/** One walk at a time. */
export function headersIn(list: usize, len: usize): Header {
  return header.start(list, len);
}

const found = new Span();

/** The value of the first header of this name; null: there is none. */
export function headerValue(list: usize, len: usize, name: Bytes): Span | null {
  const header = headersIn(list, len);
  while (header.next()) if (header.isNamed(name)) return found.set(header.value, header.valueLen);
  return null;
}
