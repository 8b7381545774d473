/**
 * One WebAssembly VM: a module's memory with the contexts in it, and the rules of a call: which context is current and which
 * effective, what may be called when, traps, and the actions that a host puts off until the call is over.
 */
import { ABI_MARKERS, DURING_ALLOCATION, DURING_START, HOST_FUNCTIONS, WASI_FUNCTIONS, type Flavour } from "./abi.js";
import type { CalloutCenter } from "./host-callouts.js";
import { Context, type StreamSide } from "./context.js";
import { hostFunctions } from "./hostcalls.js";
import { HostViolation, type Process } from "./process.js";
import { wasiFunctions } from "./wasi.js";

export interface VmOptions {
  module: WebAssembly.Module;
  flavour: Flavour;
  vmId: string;
  environment: Record<string, string>;
  /** For logs and traps: "worker 0". */
  thread: string;
  callouts: CalloutCenter;
}

/** The answer of a callback that sent a local response. */
export const STOPPED = -1;

type GuestFunction = (...args: (number | bigint)[]) => number | void;

export class Vm {
  readonly contexts = new Map<number, Context>();
  /** The trap that ended this VM. */
  failed: string | undefined;
  failedAt = 0;
  current: Context | null = null;
  effective: Context | null = null;
  /** A local response is sent by the callback that runs: whatever it answers, nothing goes on. */
  stopNext = false;
  nextCallout = 1;
  readonly abi: string;

  private readonly guest: Record<string, GuestFunction>;
  private readonly memory: WebAssembly.Memory;
  private viewCache = new DataView(new ArrayBuffer(0));
  private nextId = 1;
  private allowed: ReadonlySet<string> | null = DURING_START;
  private depth = 0;
  private deferred: (() => void)[] = [];
  private trapOn: string | undefined;

  constructor(
    readonly process: Process,
    readonly options: VmOptions,
  ) {
    const { module, flavour } = options;
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const marker = names.find(name => ABI_MARKERS[flavour].has(name));
    if (!marker) throw new Error("Missing or unknown Proxy-Wasm ABI version");
    this.abi = marker;
    const instance = new WebAssembly.Instance(module, this.imports(module));
    this.guest = instance.exports as unknown as Record<string, GuestFunction>;
    this.memory = instance.exports["memory"] as WebAssembly.Memory;
    if (!this.memory) throw new Error("Failed to load Wasm module: no memory is exported");
    if (!this.guest["malloc"] && !this.guest["proxy_on_memory_allocate"])
      throw new Error("Wasm module is missing malloc/proxy_on_memory_allocate");
    (this.guest["_initialize"] ?? this.guest["_start"])?.();
    this.allowed = null;
  }

  /** Stock hosts turn StopIteration of a headers callback into "stop everything"; Higress's ABI does not. */
  get passesStopIteration(): boolean {
    return this.abi === "proxy_abi_version_0_2_100";
  }

  /** A number that a test's build of the module tells. */
  ask(exported: string): number {
    return Number(this.guest[exported]!());
  }

  get memoryBytes(): number {
    return this.memory.buffer.byteLength;
  }

  // === Contexts ===

  createRoot(role: string, configuration: Buffer): Context {
    return this.create(role, null, null, configuration);
  }

  createStream(root: Context, side: StreamSide): Context {
    root.streams++;
    return this.create(root.role, root, side, root.configuration);
  }

  private create(role: string, root: Context | null, side: StreamSide | null, configuration: Buffer): Context {
    const context = new Context(this, this.nextId++, role, root, side, configuration);
    this.contexts.set(context.id, context);
    this.call("proxy_on_context_create", context, root?.id ?? 0);
    return context;
  }

  /** The guest's last callbacks for a context. A retired root follows its last stream. */
  remove(context: Context): void {
    this.call("proxy_on_done", context);
    this.call("proxy_on_delete", context);
    this.contexts.delete(context.id);
    context.timer?.cancel();
    context.period = 0;
    const root = context.root;
    if (!root) return;
    root.streams--;
    this.removeIfUnused(root);
  }

  removeIfUnused(root: Context): void {
    if (root.retired && root.streams === 0 && this.contexts.has(root.id)) this.remove(root);
  }

  // === Calls into the guest ===

  /** undefined: the VM is dead, or died in this call. A missing callback answers 0, one that sent a local response STOPPED. */
  call(callback: string, context: Context, ...args: number[]): number | undefined {
    if (this.failed !== undefined) return undefined;
    if (this.depth > 0) this.process.violate(`${callback} while another callback runs`);
    const run = this.guest[callback];
    if (this.trapOn === callback || (this.trapOn === "" && run)) {
      this.trap(callback, "injected by the test");
      return undefined;
    }
    if (!run) return 0;
    this.current = context;
    this.stopNext = false;
    this.depth++;
    let result: number | undefined;
    try {
      result = run(context.id, ...args) ?? 0;
    } catch (error) {
      if (error instanceof HostViolation) {
        error.message = `${callback}: ${error.message}`;
        throw error;
      }
      this.trap(callback, String(error));
    } finally {
      this.depth--;
      this.current = null;
      this.effective = null;
    }
    if (result !== undefined && this.stopNext) result = STOPPED;
    this.runDeferred();
    return result;
  }

  /** After the callback that runs now. */
  defer(action: () => void): void {
    this.deferred.push(action);
  }

  private runDeferred(): void {
    while (this.deferred.length > 0) {
      const actions = this.deferred;
      this.deferred = [];
      for (const action of actions) action();
    }
  }

  /** The name of the one that it runs on. */
  get thread(): string {
    return this.options.thread;
  }

  /** The next callback of that name traps, whatever it is for "". */
  injectTrap(callback = ""): void {
    this.trapOn = callback;
  }

  private trap(callback: string, reason: string): void {
    this.failed = reason;
    this.failedAt = this.process.clock.now;
    this.deferred = [];
    for (const context of this.contexts.values()) context.timer?.cancel();
    this.process.traps.push({ thread: this.options.thread, callback, reason });
  }

  // === Memory ===

  private get view(): DataView {
    if (this.viewCache.buffer !== this.memory.buffer) this.viewCache = new DataView(this.memory.buffer);
    return this.viewCache;
  }

  /** Checks that `size` bytes from `at` are the guest's. */
  private check(at: number, size: number): void {
    if (at + size > this.view.byteLength) this.process.violate(`points outside of its memory: ${at}, ${size} bytes`);
  }

  /** A view on the guest's memory, gone with the next call. */
  private span(at: number, size: number): Buffer {
    at >>>= 0;
    size >>>= 0;
    this.check(at, size);
    return Buffer.from(this.memory.buffer as ArrayBuffer, at, size);
  }

  bytes(at: number, size: number): Buffer {
    return Buffer.from(this.span(at, size));
  }

  text(at: number, size: number): string {
    return this.span(at, size).toString("latin1");
  }

  putU32(at: number, value: number): void {
    this.check(at >>> 0, 4);
    this.view.setUint32(at >>> 0, value, true);
  }

  putU64(at: number, value: bigint): void {
    this.check(at >>> 0, 8);
    this.view.setBigUint64(at >>> 0, value, true);
  }

  put(at: number, bytes: Uint8Array): void {
    this.span(at, bytes.length).set(bytes);
  }

  /** Hands bytes over: the guest allocates, and gets place and size where it asked for them. */
  give(bytes: Buffer, pointerAt: number, sizeAt: number): void {
    let at = 0;
    if (bytes.length > 0) {
      const before = this.allowed;
      this.allowed = DURING_ALLOCATION;
      at = Number((this.guest["malloc"] ?? this.guest["proxy_on_memory_allocate"])!(bytes.length)) >>> 0;
      this.allowed = before;
      if (at === 0) this.process.violate(`gave no memory for ${bytes.length} bytes`);
      this.span(at, bytes.length).set(bytes);
    }
    this.putU32(pointerAt, at);
    this.putU32(sizeAt, bytes.length);
  }

  // === Linking ===

  private imports(module: WebAssembly.Module): WebAssembly.Imports {
    const offered: Record<string, { names: ReadonlySet<string>; functions: Record<string, unknown> }> = {
      env: { names: HOST_FUNCTIONS, functions: hostFunctions(this) },
      wasi_snapshot_preview1: { names: WASI_FUNCTIONS, functions: wasiFunctions(this) },
    };
    const linked: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      const source = offered[from];
      if (kind !== "function" || !source?.names.has(name))
        throw new Error(`Failed to load Wasm module due to a missing import: ${from}.${name}`);
      const run = (source.functions[name] ??
        (() => this.process.violate(`${name} is not expected here`))) as GuestFunction;
      (linked[from] ??= {})[name] = (...args: (number | bigint)[]) => {
        if (this.allowed && !this.allowed.has(name)) this.process.violate(`${name} is not allowed now`);
        return this.process.hinder(name) ?? run(...args);
      };
    }
    return linked;
  }
}
