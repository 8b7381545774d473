/** What a VM knows by an id: a root (one role with its configuration) or a stream of a root. */
import type { MapType, BufferType } from "./abi.js";
import type { Timer } from "./virtual-clock.js";
import type { HeaderList } from "./host-headers.js";
import type { Vm } from "./vm.js";

export interface LocalReply {
  status: number;
  details: string;
  body: Buffer;
  headers: HeaderList;
}

/** A buffer that the guest may read and change while its callback runs. */
export interface BodySlot {
  bytes: Buffer;
}

/** The stream behind a context: what host calls do to it. */
export interface StreamSide {
  /** null: not reachable now, which a host answers with BadArgument. */
  headerMap(type: MapType): HeaderList | null;
  bodySlot(type: BufferType): BodySlot | null;
  property(path: string[]): Buffer | undefined;
  setProperty(name: string, value: Buffer): void;
  /** Lets a stopped direction go on: 0 request, 1 response. A text says why that is wrong now. */
  resume(direction: number): string | void;
  reply(reply: LocalReply): string | void;
  /** Ends the client's stream without an end of its answer. */
  reset(): void;
}

/** The answer that an HTTP callout's callback may read. */
export interface CalloutAnswer {
  headers: HeaderList;
  trailers: HeaderList;
  body: BodySlot;
}

export class Context {
  /** Of a root: streams that still need it. */
  streams = 0;
  /** Of a root: a newer configuration has taken its place. */
  retired = false;
  /** Of a root: its tick, and the period in ms, 0 for none. */
  timer: Timer | undefined;
  period = 0;
  /** Of a root: while its callout callback runs. */
  answer: CalloutAnswer | undefined;

  constructor(
    readonly vm: Vm,
    readonly id: number,
    readonly role: string,
    /** null: this is a root. */
    readonly root: Context | null,
    readonly side: StreamSide | null,
    readonly configuration: Buffer,
  ) {}

  get rootContext(): Context {
    return this.root ?? this;
  }
}
