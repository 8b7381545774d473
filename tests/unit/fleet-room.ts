import { startRoom } from "./compile-room.js";

interface Exports {
  memory: WebAssembly.Memory;
  alloc(size: number): number;
  free(ptr: number): void;
  startRead(ptr: number, len: number): void;
  next(): number;
  skip(): void;
  itemPtr(): number;
  itemLen(): number;
  itemNumber(): bigint;
  isBroken(): number;
  isAtEnd(): number;
  writeCommand(room: number, capacity: number, text: number, len: number, number: bigint): number;
  fleet(secret: bigint): void;
  login(user: number, userLen: number, password: number, passwordLen: number, database: number): void;
  writeId(room: number, provider: bigint, token: bigint, model: bigint): number;
  readId(ptr: number, len: number, part: number): bigint;
  writePayload(...of: [number, number, number, number, number, number, bigint, bigint, bigint]): number;
  readEntry(id: number, ptr: number, len: number, now: bigint): number;
  entryOp(): number;
  entryField(i: number): bigint;
  newPoll(): void;
  writePoll(room: number, capacity: number, sendsScript: boolean, presence: number): number;
  readPoll(ptr: number, len: number): number;
  pollFault(): number;
  pollLacksScript(): number;
  signedEntries(): number;
  startGateways(): number;
  nextGateway(): number;
  gatewayPtr(): number;
  gatewayLen(): number;
  gatewaySeenAgo(): bigint;
  connectionFault(ptr: number, len: number): number;
  isNewer(id: number, ptr: number, len: number, now: bigint): number;
  faultOfText(ptr: number, len: number): number;
  faultPtr(fault: number): number;
  faultLen(fault: number): number;
  parseUrl(ptr: number, len: number): void;
  urlPart(i: number): number;
  urlPartLen(): number;
}

const KINDS = ["none", "text", "error", "number", "array", "nil"] as const;

export type Item = string | number | null | { error: string } | Item[];

export interface Written {
  op: "O" | "C" | "P" | "B";
  cause?: number;
  opened?: number;
  flags?: number;
  gateway?: bigint;
  sent: number;
  lasts: number;
}

/** The fleet's pure parts, as functions of texts. */
export class FleetRoom {
  private constructor(readonly wasm: Exports) {}

  static async start(): Promise<FleetRoom> {
    const room = new FleetRoom(await startRoom<Exports>("fleet"));
    room.fleet(1n);
    return room;
  }

  /** Lets `use` have the input in an allocation of its own, between bytes that would change the result if they were read. */
  with<Result>(input: Uint8Array | string, use: (ptr: number, len: number) => Result): Result {
    const bytes = Buffer.from(input as string);
    const block = this.wasm.alloc(bytes.length + 64);
    const memory = new Uint8Array(this.wasm.memory.buffer, block, bytes.length + 64);
    memory.fill(0x31);
    memory.set(bytes, 32);
    const result = use(block + 32, bytes.length);
    this.wasm.free(block);
    return result;
  }

  private text(ptr: number, len: number): string {
    return Buffer.from(this.wasm.memory.buffer, ptr, len).toString("latin1");
  }

  private written(size: number, write: (room: number) => number): string {
    const room = this.wasm.alloc(size);
    const text = this.text(room, write(room));
    this.wasm.free(room);
    return text;
  }

  /** All items of a text; undefined: it is broken. */
  read(input: Uint8Array | string): Item[] | undefined {
    return this.with(input, (ptr, len) => {
      this.wasm.startRead(ptr, len);
      const items: Item[] = [];
      while (!this.wasm.isBroken() && !this.wasm.isAtEnd()) items.push(this.item(0));
      return this.wasm.isBroken() ? undefined : items;
    });
  }

  private item(depth: number): Item {
    const kind = KINDS[this.wasm.next()]!;
    const number = Number(this.wasm.itemNumber());
    const text = this.text(this.wasm.itemPtr(), this.wasm.itemLen());
    if (kind === "error") return { error: text };
    if (kind === "text") return text;
    if (kind === "number") return number;
    if (kind !== "array") return null;
    const items: Item[] = [];
    for (let i = 0; i < number && !this.wasm.isBroken() && depth < 9; i++) items.push(this.item(depth + 1));
    return items;
  }

  /** Whether all of it is passed over as whole items. */
  skips(input: Uint8Array | string): boolean {
    return this.with(input, (ptr, len) => {
      this.wasm.startRead(ptr, len);
      while (!this.wasm.isBroken() && !this.wasm.isAtEnd()) this.wasm.skip();
      return !this.wasm.isBroken();
    });
  }

  command(text: string, number: bigint): string {
    return this.with(text, (ptr, len) =>
      this.written(256, room => this.wasm.writeCommand(room, 256, ptr, len, number)),
    );
  }

  fleet(secret: bigint): void {
    this.wasm.fleet(secret);
    this.wasm.newPoll();
  }

  id(provider: bigint, token: bigint, model: bigint): string {
    return this.written(64, room => this.wasm.writeId(room, provider, token, model));
  }

  parts(id: string): bigint[] {
    return this.with(id, (ptr, len) => [0, 1, 2].map(i => BigInt.asUintN(64, this.wasm.readId(ptr, len, i))));
  }

  payload(id: string, { op, cause = 1, opened = 2, flags = 0, gateway = 7n, sent, lasts }: Written): string {
    return this.with(id, idPtr =>
      this.written(256, room =>
        this.wasm.writePayload(
          ...([room, idPtr, op.charCodeAt(0), cause, opened, flags].map(Number) as [
            number,
            number,
            number,
            number,
            number,
            number,
          ]),
          ...([gateway, BigInt(sent), BigInt(lasts)] as [bigint, bigint, bigint]),
        ),
      ),
    );
  }

  /** undefined: it is refused. */
  entry(id: string, value: string, now: number) {
    return this.with(id, idPtr =>
      this.with(value, (ptr, len) => {
        if (!this.wasm.readEntry(idPtr, ptr, len, BigInt(now))) return undefined;
        const [version, until, rank, cause, opened, flags, gateway] = [0, 1, 2, 3, 4, 5, 6].map(i =>
          Number(this.wasm.entryField(i)),
        );
        return { op: String.fromCharCode(this.wasm.entryOp()), version, until, rank, cause, opened, flags, gateway };
      }),
    );
  }

  login(user: string, password: string, database = 0): void {
    this.with(user, (u, uLen) => this.with(password, (p, pLen) => this.wasm.login(u, uLen, p, pLen, database)));
    this.wasm.newPoll();
  }

  poll(sendsScript = false, withPresence = false): string {
    return this.written(32768, room => this.wasm.writePoll(room, 32768, sendsScript, withPresence ? 60_000 : 0));
  }

  /** How many entries are signed; or what is wrong. */
  answer(input: Uint8Array | string): number | string {
    return this.with(input, (ptr, len) => {
      if (this.wasm.readPoll(ptr, len)) return this.wasm.signedEntries();
      return this.wasm.pollLacksScript() ? "no script" : this.words(this.wasm.pollFault());
    });
  }

  /** The gateways of the answer that was read last. */
  gateways(): { id: string; seenAgo: number }[] {
    const found: { id: string; seenAgo: number }[] = [];
    if (!this.wasm.startGateways()) return found;
    while (found.length < 64 && this.wasm.nextGateway())
      found.push({
        id: this.text(this.wasm.gatewayPtr(), this.wasm.gatewayLen()),
        seenAgo: Number(this.wasm.gatewaySeenAgo()),
      });
    return found;
  }

  connectionFault(input: string): string {
    return this.with(input, (ptr, len) => this.words(this.wasm.connectionFault(ptr, len)));
  }

  /** Whether it is an entry of a later release. */
  isNewer(id: string, value: string, now: number): boolean {
    return this.with(id, idPtr =>
      this.with(value, (ptr, len) => Boolean(this.wasm.isNewer(idPtr, ptr, len, BigInt(now)))),
    );
  }

  words(fault: number): string {
    return this.text(this.wasm.faultPtr(fault), this.wasm.faultLen(fault));
  }

  url(text: string): string[] {
    return this.with(text, (ptr, len) => {
      this.wasm.parseUrl(ptr, len);
      return [0, 1, 2, 3, 4, 5, 6].map(i =>
        Buffer.from(this.text(this.wasm.urlPart(i), this.wasm.urlPartLen()), "latin1").toString(),
      );
    });
  }
}
