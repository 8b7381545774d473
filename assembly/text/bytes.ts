/**
 * An immutable run of bytes on the garbage-collected heap, for what lives as long as the configuration.
 * `ptr` stays valid while the object is reachable: AssemblyScript's collector does not move objects.
 */
export class Bytes {
  private constructor(
    private readonly data: ArrayBuffer,
    readonly len: usize,
  ) {}

  static of(text: string): Bytes {
    const data = String.UTF8.encode(text);
    return new Bytes(data, data.byteLength);
  }

  static ofAll(texts: string[]): Bytes[] {
    return texts.map<Bytes>((text: string) => Bytes.of(text));
  }

  static copy(ptr: usize, len: usize): Bytes {
    const data = new ArrayBuffer(<i32>len);
    memory.copy(changetype<usize>(data), ptr, len);
    return new Bytes(data, len);
  }

  get ptr(): usize {
    return changetype<usize>(this.data);
  }

  equals(ptr: usize, len: usize): bool {
    return this.len == len && memory.compare(this.ptr, ptr, len) == 0;
  }

  startsWith(ptr: usize, len: usize): bool {
    return this.len >= len && memory.compare(this.ptr, ptr, len) == 0;
  }

  /** For configuration and logs only: allocates. */
  toString(): string {
    return String.UTF8.decodeUnsafe(this.ptr, this.len);
  }
}
