/** Lets a scenario happen to the module, and checks what must hold after each of its steps and at its end. */
import { expect } from "vitest";
import { Context } from "../../host/context.js";
import { chat, startEnvoy, type Behaviour, type Envoy, type EnvoyOptions, type Seen } from "../../host/proxy-host.js";
import type { Vm } from "../../host/vm.js";
import { placesIn } from "../fixture.js";
import { Asked, CLIENT_SECRET, LARGEST, TIMEOUT, TOKEN } from "./asked.js";
import { behave } from "./chaos-provider.js";
import {
  HINDRANCES,
  hasRetries,
  type CallStep,
  type Hindrance,
  type Scenario,
  type Settings,
  type Step,
} from "./scenario.js";

/** As many at once as a scenario may have: free lists and tables get their size. */
const WARM_UP = 45;

export function happens(module: WebAssembly.Module, scenario: Scenario): void {
  const run = new Run(module, scenario);
  for (const step of scenario.steps) run.take(step);
  run.end();
}

class Run {
  private readonly envoy: Envoy;
  private readonly asked: Asked[] = [];
  private settings: Settings;
  private warm = false;
  private readonly hindered = new Map<string, number>();
  /** Every VM that has served, and what it held when it was warm: none where it is not known, or a trap waits. */
  private readonly held = new Map<Vm, number | undefined>();

  constructor(
    module: WebAssembly.Module,
    private readonly scenario: Scenario,
  ) {
    this.settings = scenario.settings;
    this.envoy = startEnvoy({
      ...{ module, workers: 2, ...this.places(), ...this.host() },
      clusters: { qwen: seen => this.answer(seen), deepseek: seen => this.answer(seen) },
    });
    this.envoy.process.hinder = call => this.hinder(call);
    this.warmUp();
  }

  private host(): Partial<EnvoyOptions> {
    if (this.scenario.mode !== "higress") return {};
    const route = { cluster: "qwen", name: "ingress" };
    return { flavour: "higress", allowStopIteration: false, vmId: "", route };
  }

  private places(): Pick<EnvoyOptions, "gateway" | "attempt" | "hop"> {
    const { qwen, deepseek, guard, lost, retryTimeout } = this.settings;
    const { health } = this.scenario;
    const off = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1_000_000 } };
    const { mode } = this.scenario;
    return placesIn({
      mode: mode === "higress" ? "callout" : mode,
      tokens: { qwen, ...(lost ? { lost: 2 } : {}), deepseek },
      provider: { allowPaths: ["/v1/voices/*"], retryOnFailure: { retryTimeout }, ...(health ? {} : off) },
      policy: { guard, firstTokenTimeout: 1500, attemptTimeout: 2500, timeout: TIMEOUT, maxWait: 2000 },
      config: {
        ...{ idleTimeout: 1000, limits: { requestBody: LARGEST } },
        ...(mode === "higress" && { routing: "host" }),
      },
    });
  }

  /** By way of the router, and of callouts where a cluster is not there. */
  private warmUp(): void {
    for (const [mark, worker] of ["warm", "warm, failing"].flatMap(text => [0, 1].map(n => [text, n] as const))) {
      const ask = { body: { model: "m" }, headers: { "idempotency-key": mark }, worker };
      const calls = Array.from({ length: WARM_UP }, () => this.envoy.call(ask));
      for (const call of calls) expect(this.envoy.finish(call).status).toBe(200);
    }
    this.envoy.advance(100);
    for (const { vm } of this.envoy.workers) this.held.set(vm, vm.ask("heapBlocks"));
    this.warm = true;
  }

  // === The providers ===

  private answer(seen: Seen): Behaviour {
    this.checkRequest(seen);
    const mark = seen.headers["idempotency-key"];
    // A probe.
    if (mark === undefined) return chat("pong");
    if (mark.startsWith("warm"))
      return mark !== "warm" && seen.cluster === "qwen" ? { status: 503, wait: 10 } : { ...chat("Hi"), wait: 10 };
    const { fate, text, stream } = this.asked[Number(mark)]!.meet(seen);
    return behave(fate, text, stream);
  }

  private checkRequest({ cluster, headers, path, by }: Seen): void {
    expect(headers["authorization"]).toMatch(new RegExp(`^Bearer ${cluster}-[1-3]$`));
    const { authorization: _, ...others } = headers;
    const told = JSON.stringify([others, path]);
    for (const secret of [TOKEN, CLIENT_SECRET]) expect(told).not.toMatch(secret);
    const ours = by === "callout" && !hasRetries(this.scenario) ? /^x-envoy-(internal|expected-rq-timeout-ms)$/ : /^$/;
    const strange = Object.keys(headers).filter(name => /^(x-envoy-|x-ai-failover|forwarded|cookie)/.test(name));
    expect(strange.filter(name => !ours.test(name))).toEqual([]);
  }

  // === The host ===

  private hinder(call: string): number | undefined {
    const left = this.hindered.get(call) ?? 0;
    // A request whose exchange the attempt role cannot read is one of another route.
    const isBlind =
      call === "proxy_get_property" && this.envoy.workers.some(({ vm }) => vm.current?.role === "attempt");
    if (left === 0 || isBlind) return undefined;
    this.hindered.set(call, left - 1);
    for (const asked of this.running) asked.disturbed = true;
    return HINDRANCES[call as Hindrance];
  }

  private get running(): Asked[] {
    return this.asked.filter(({ verified }) => !verified);
  }

  // === Steps ===

  take(step: Step): void {
    const { envoy } = this;
    switch (step.do) {
      case "call":
        this.call(step);
        break;
      case "pass":
        envoy.advance(step.ms);
        break;
      case "leave":
        this.asked[step.which % (this.asked.length || 1)]?.call.leave();
        break;
      case "update":
      case "replace":
        this.settings = step.settings;
        // Its next attempt comes to a VM that does not know it.
        if (step.do === "replace") for (const asked of this.running) asked.disturbed = true;
        if (step.do === "replace") envoy.replace(this.places());
        else expect(envoy.update(this.places())).toBe(true);
        for (const { vm } of envoy.workers) if (!this.held.has(vm)) this.held.set(vm, undefined);
        break;
      case "trap": {
        const { vm } = envoy.workers[step.worker]!;
        vm.injectTrap(step.callback);
        this.held.delete(vm);
        break;
      }
      case "hinder":
        this.hindered.set(step.call, step.times);
        break;
      case "tick":
        this.stray(step.worker, "proxy_on_tick", undefined);
        break;
      case "stray":
        this.stray(step.worker, step.callback, step.id);
        break;
      case "outage":
        envoy.provider(step.cluster).healthy = false;
        envoy.process.clock.after(step.ms, () => (envoy.provider(step.cluster).healthy = true));
        break;
      case "wall-clock":
        envoy.process.clock.wallShift = step.ms;
    }
    this.check();
  }

  private call(step: CallStep): void {
    const { vm } = this.envoy.workers[step.worker]!;
    const asked = new Asked(step, this.asked.length, this.settings, vm, this.scenario);
    asked.trapsBefore = this.envoy.process.traps.length;
    const roots = vm.failed === undefined ? [...vm.contexts.values()].filter(({ root }) => !root) : [];
    asked.hasAttemptRole = roots.some(({ role }) => role === "attempt");
    this.asked.push(asked);
    asked.call = this.envoy.call(asked.ask);
  }

  /** A callback for a stream that is not there, an answer to a callout that is long over, or a tick that nobody asked for. */
  private stray(worker: number, callback: string, id: number | undefined): void {
    const { vm } = this.envoy.workers[worker]!;
    const roots = [...vm.contexts.values()].filter(({ root }) => !root);
    const isOfRoot = id === undefined || callback === "proxy_on_http_call_response";
    const context = isOfRoot ? roots[0] : new Context(vm, 100_000 + id, "gateway", null, null, Buffer.alloc(0));
    if (context) vm.call(callback, context, id === undefined ? 0 : 100_000 + id, 1, 1);
  }

  // === What must hold ===

  private check(): void {
    const { process } = this.envoy;
    const own = process.traps.filter(({ reason }) => reason !== "injected by the test");
    expect(own, "traps").toEqual([]);
    const sick = ["qwen", "deepseek"].some(cluster => !this.envoy.provider(cluster).healthy);
    for (const asked of this.running) {
      const trapped = process.traps
        .slice(asked.trapsBefore)
        .some(({ thread }) => thread === `worker ${asked.step.worker}`);
      if (sick || trapped || asked.vm.failed !== undefined) asked.disturbed = true;
      if (asked.call.ended !== undefined) asked.verify();
    }
    this.checkTold();
  }

  /** Nobody who watches is told a secret. */
  private checkTold(): void {
    const { process } = this.envoy;
    const { vmId } = this.envoy.workers[0]!.vm.options;
    const shared = process.shared
      .keys(vmId)
      .map(key => `${key} ${process.shared.get(vmId, key)!.value.toString("latin1")}`);
    const told = [...this.envoy.log, ...Object.keys(process.metrics.toObject()), ...shared].join("\n");
    for (const secret of [TOKEN, CLIENT_SECRET, /prompt-\d/, /<\d+\.\d/]) expect(told).not.toMatch(secret);
    process.logs.length = 0;
  }

  end(): void {
    this.hindered.clear();
    this.envoy.advance(4 * TIMEOUT);
    // What waits for a VM that is dead hangs until Envoy's own stream_idle_timeout (facts 6.5).
    for (const { call, vm } of this.running) if (vm.failed !== undefined) call.leave();
    this.check();
    expect(
      this.running.map(({ step, call }) => [step, call.status, call.text]),
      "requests that hang",
    ).toEqual([]);
    this.envoy.advance(10 * 60_000);
    this.check();
    for (const [vm, blocks] of this.held) {
      if (vm.failed !== undefined) continue;
      const left = { exchanges: vm.ask("liveExchanges"), parked: vm.ask("parkedBytes") };
      expect(left, "what is left when all is over").toEqual({ exchanges: 0, parked: 0 });
      vm.ask("heapBytes");
      if (blocks !== undefined) expect(vm.ask("heapBlocks"), "blocks of memory").toBeLessThanOrEqual(blocks);
    }
  }
}
