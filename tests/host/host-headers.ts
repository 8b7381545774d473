/** A header map as Envoy keeps it: ordered, names in lower case, values as bytes (here one character for each byte). */

export type HeaderInput = Record<string, string> | [string, string][];

/** Envoy refuses a larger list of pairs by taking it as empty (pairs_util.cc). */
const MAX_PAIRS = 1024;
const MAX_PAIRS_SIZE = 1 << 20;

export class HeaderList {
  private list: [string, string][];

  constructor(from: HeaderInput = []) {
    const entries = Array.isArray(from) ? from : Object.entries(from);
    this.list = entries.map(([name, value]) => [name.toLowerCase(), value]);
  }

  get size(): number {
    return this.list.length;
  }

  has(name: string): boolean {
    return this.list.some(([n]) => n === name);
  }

  /** All values of that name, joined as Envoy joins them. */
  get(name: string): string | undefined {
    let found: string | undefined;
    for (const [n, value] of this.list) if (n === name) found = found === undefined ? value : `${found},${value}`;
    return found;
  }

  set(name: string, value: string): void {
    const at = this.list.findIndex(([n]) => n === name);
    if (at < 0) this.list.push([name, value]);
    else {
      this.list[at]![1] = value;
      this.list = this.list.filter(([n], i) => n !== name || i === at);
    }
  }

  add(name: string, value: string): void {
    this.list.push([name, value]);
  }

  remove(name: string): void {
    if (this.has(name)) this.list = this.list.filter(([n]) => n !== name);
  }

  take(name: string): string | undefined {
    const value = this.get(name);
    this.remove(name);
    return value;
  }

  names(): string[] {
    return this.list.map(([name]) => name);
  }

  copy(): HeaderList {
    return new HeaderList(this.list);
  }

  toObject(): Record<string, string> {
    const object: Record<string, string> = {};
    for (const [name, value] of this.list) object[name] = name in object ? `${object[name]},${value}` : value;
    return object;
  }

  /** The layout of get_header_map_pairs: count, sizes of each name and value, then the texts, each with a NUL. */
  encode(): Buffer {
    let size = 4;
    for (const [name, value] of this.list) size += 10 + name.length + value.length;
    const out = Buffer.alloc(size);
    let at = out.writeUInt32LE(this.list.length, 0);
    for (const [name, value] of this.list) at = out.writeUInt32LE(value.length, out.writeUInt32LE(name.length, at));
    for (const pair of this.list) for (const text of pair) at += out.write(text, at, "latin1") + 1;
    return out;
  }

  /** Of a list that the guest hands over; undefined: it is broken, or more than the host takes. */
  static decode(bytes: Buffer): HeaderList | undefined {
    if (bytes.length === 0) return new HeaderList();
    const count = bytes.length >= 4 ? bytes.readUInt32LE(0) : Infinity;
    let at = 4 + 8 * count;
    if (count > MAX_PAIRS || bytes.length > MAX_PAIRS_SIZE || at > bytes.length) return undefined;
    const list = new HeaderList();
    for (let i = 0; i < count; i++) {
      const [name, value] = [0, 4].map(offset => {
        const size = bytes.readUInt32LE(4 + 8 * i + offset);
        const text = bytes.toString("latin1", at, at + size);
        at += size + 1;
        return text;
      });
      list.add(name!.toLowerCase(), value!);
    }
    return at === bytes.length ? list : undefined;
  }
}
