/** One of Envoy's threads: its VM, with a root for each place where the module sits, and what happens after a trap. */
import type { Context, StreamSide } from "./context.js";
import type { Process } from "./process.js";
import { Vm, type VmOptions } from "./vm.js";

/** Where the module sits: name of the place and configuration there, in the order in which Envoy loads them. */
export type Places = Map<string, Buffer>;

/** `reload_config.backoff.base_interval` as the renderer writes it, ms. */
const RELOAD_AFTER = 20;

export class Thread {
  vm: Vm;
  private roots = new Map<string, Context>();

  constructor(
    readonly process: Process,
    private options: Omit<VmOptions, "thread">,
    private places: Places,
    readonly name: string,
  ) {
    this.vm = this.load();
    this.fill();
  }

  private load(): Vm {
    this.roots = new Map();
    return (this.vm = new Vm(this.process, { ...this.options, thread: this.name }));
  }

  private fill(): void {
    if (!this.configure(this.places) || this.vm.failed !== undefined)
      throw new Error("the plugin configuration is refused");
  }

  /** It is not needed any more: no tick of it fires. */
  discard(): void {
    for (const root of this.roots.values()) {
      root.timer?.cancel();
      root.period = 0;
    }
  }

  /** New roots in the same VM; the old ones stay until their streams end. False: refused, and nothing has changed. */
  configure(places: Places): boolean {
    if (this.vm.failed !== undefined) {
      this.places = places;
      return true;
    }
    const made = new Map<string, Context>();
    for (const [name, configuration] of places) {
      const root = this.makeRoot(name, configuration);
      if (root === null) return false;
      made.set(name, root);
    }
    this.places = places;
    const old = [...this.roots.values()];
    this.roots = made;
    for (const root of old) {
      root.retired = true;
      root.vm.removeIfUnused(root);
    }
    return true;
  }

  /** Envoy refuses a listener update for reasons of its own: the new roots are gone as soon as they are made. */
  refuse(places: Places): void {
    for (const [name, configuration] of places) {
      const root = this.makeRoot(name, configuration);
      if (root === null) continue;
      root.retired = true;
      root.vm.removeIfUnused(root);
    }
  }

  /** One more listener with its own configuration in the same VM. */
  add(name: string, configuration: Buffer): void {
    this.makeRoot(name, configuration);
  }

  /** null: its configuration is refused. */
  private makeRoot(name: string, configuration: Buffer): Context | null {
    const root = this.vm.createRoot(name, configuration);
    const accepted =
      this.vm.call("proxy_on_vm_start", root, 0) === 1 &&
      this.vm.call("proxy_on_configure", root, configuration.length) === 1;
    return accepted ? root : null;
  }

  /** New code: a new VM beside the old one, which stays for its streams. */
  replace(options: Omit<VmOptions, "thread">, places: Places): void {
    for (const root of this.roots.values()) {
      root.retired = true;
      root.vm.removeIfUnused(root);
    }
    this.options = options;
    this.places = places;
    this.load();
    this.fill();
  }

  /** null: this place is not used. "dead": the VM has trapped, and is not yet loaded again. */
  open(place: string, side: StreamSide): Context | null | "dead" {
    const configuration = this.places.get(place);
    if (configuration === undefined) return null;
    if (this.vm.failed !== undefined) {
      // FAIL_RELOAD: with the next stream, when the back-off since the trap is over.
      if (this.process.clock.now - this.vm.failedAt < RELOAD_AFTER) return "dead";
      this.load();
    }
    // After a reload each place has its root again with its own first stream.
    const root = this.roots.get(place) ?? this.makeRoot(place, configuration);
    if (root === null) return "dead";
    this.roots.set(place, root);
    return this.vm.createStream(root, side);
  }
}
