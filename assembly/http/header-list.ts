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

  /** Where the sizes of the next header are, and where sizes end. */
  private sizes: usize = 0;
  private end: usize = 0;

  /** In front of the first header, as if an empty value ended there. */
  start(list: usize, len: usize): this {
    const count: u32 = len >= 4 ? load<u32>(list) : 0;
    this.sizes = list + 4;
    this.end = this.sizes + <usize>count * 8;
    this.value = this.end - 1;
    this.valueLen = 0;
    return this;
  }

  /** Moves to the next header; false at the end. */
  next(): bool {
    const sizes = this.sizes;
    if (sizes == this.end) return false;
    this.sizes = sizes + 8;
    const nameLen: usize = load<u32>(sizes);
    const name = this.value + this.valueLen + 1;
    this.name = name;
    this.nameLen = nameLen;
    this.value = name + nameLen + 1;
    this.valueLen = load<u32>(sizes, 4);
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
