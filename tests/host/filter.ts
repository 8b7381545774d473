/** The module at one place of one stream: both directions, and what its host calls reach there. */
import { BufferType, MapType } from "./abi.js";
import type { BodySlot, Context, LocalReply, StreamSide } from "./context.js";
import type { HeaderList } from "./host-headers.js";
import type { StreamInfo } from "./info.js";
import { Pass, REQUEST, RESPONSE, type Next, type Owner } from "./pass.js";
import type { Thread } from "./thread.js";

/** What a filter is part of. */
export interface Surroundings {
  readonly info: StreamInfo;
  readonly thread: Thread;
  readonly bufferLimit: number;
  readonly allowStopIteration: boolean;
  /** Nothing of this stream happens any more. */
  isOver(): boolean;
  localReply(reply: LocalReply): string | void;
  /** Ends the client's stream without an end of its answer. */
  breakOff(): void;
  /** The VM died under this stream. */
  vmDied(): void;
  overflow(direction: "request" | "response"): void;
}

export class Filter implements StreamSide {
  readonly request: Pass;
  readonly response: Pass;
  private context: Context | null | "dead" = null;
  private gone = false;
  private replied = false;
  private logging: { request: HeaderList; response: HeaderList | null } | null = null;

  constructor(
    private readonly around: Surroundings,
    private readonly place: string,
    toProvider: Next,
    toClient: Next,
  ) {
    this.request = this.pass("request", REQUEST, toProvider);
    this.response = this.pass("response", RESPONSE, toClient);
  }

  private pass(direction: "request" | "response", callbacks: typeof REQUEST, next: Next): Pass {
    const { around } = this;
    const owner: Owner = {
      call: (callback, ...args) => this.call(callback, args),
      passesStopIteration: () => this.passesStopIteration,
      overflow: () => around.overflow(direction),
    };
    return new Pass(owner, callbacks, next, around.bufferLimit);
  }

  /** The stream reaches this place. False: its VM is dead. */
  open(): boolean {
    this.context = this.around.thread.open(this.place, this);
    return this.context !== "dead";
  }

  get isThere(): boolean {
    return this.context !== null && this.context !== "dead";
  }

  private get passesStopIteration(): boolean {
    return this.around.allowStopIteration || (this.context as Context).vm.passesStopIteration;
  }

  private call(callback: string, args: number[]): number | null {
    if (this.gone || this.around.isOver()) return null;
    const { context } = this;
    if (context === null) return 0;
    const status = context === "dead" ? undefined : context.vm.call(callback, context, ...args);
    if (this.gone || this.around.isOver()) return null;
    if (status !== undefined) return status;
    this.around.vmDied();
    return null;
  }

  /** The access log's callback: both header maps may be read. */
  log(request: HeaderList, response: HeaderList | null): void {
    if (!this.isThere || this.gone) return;
    const context = this.context as Context;
    this.logging = { request, response };
    context.vm.call("proxy_on_log", context);
    this.logging = null;
  }

  /** The last callbacks. */
  close(): void {
    if (!this.isThere || this.gone) return;
    this.gone = true;
    const context = this.context as Context;
    context.vm.remove(context);
  }

  // === Host calls ===

  headerMap(type: MapType): HeaderList | null {
    const { logging } = this;
    switch (type) {
      case MapType.RequestHeaders:
        return logging ? logging.request : this.request.map;
      case MapType.RequestTrailers:
        return this.request.trailersMap;
      case MapType.ResponseHeaders:
        return logging ? logging.response : this.response.map;
      case MapType.ResponseTrailers:
        return this.response.trailersMap;
      default:
        return null;
    }
  }

  bodySlot(type: BufferType): BodySlot | null {
    if (type === BufferType.RequestBody) return this.request.slot;
    return type === BufferType.ResponseBody ? this.response.slot : null;
  }

  property(path: string[]): Buffer | undefined {
    return this.around.info.property(path);
  }

  setProperty(name: string, value: Buffer): void {
    this.around.info.filterState.set(`wasm.${name}`, value);
  }

  resume(direction: number): string | void {
    if (this.gone || this.around.isOver()) return;
    return (direction === 0 ? this.request : this.response).resume();
  }

  reply(reply: LocalReply): string | void {
    if (this.gone || this.around.isOver()) return "the stream is over";
    if (this.replied) return "it has been answered already";
    this.replied = true;
    return this.around.localReply(reply);
  }

  reset(): void {
    if (!this.gone && !this.around.isOver()) this.around.breakOff();
  }
}
