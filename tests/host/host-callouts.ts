/** HTTP callouts: they belong to a root, see whole answers, and outlive the stream that wanted them (docs/envoy-facts.md, 12). */
import { Status } from "./abi.js";
import type { Sink } from "./behaviour.js";
import type { Timer } from "./virtual-clock.js";
import type { Context } from "./context.js";
import { HeaderList } from "./host-headers.js";
import type { Process } from "./process.js";
import type { Exchange, Provider } from "./host-provider.js";

export interface Callout {
  root: Context;
  cluster: string;
  headers: HeaderList;
  body: Buffer;
  /** ms; 0: none. */
  timeout: number;
}

type Started = { status: Status.Ok; token: number } | { status: Status.BadArgument | Status.InternalFailure };

/** `http.async_response_buffer_limit`. */
const MAX_ANSWER = 32 << 20;

/** The cluster of the internal listener that the module's calls may pass (cli/render/render-callouts). */
const INSIDE = "ai-failover-callouts";

export class CalloutCenter {
  constructor(
    private readonly process: Process,
    private readonly providers: Map<string, Provider>,
  ) {}

  /** No callback follows what is not Ok. */
  start(call: Callout): Started {
    if (call.cluster === INSIDE) return this.startInside(call);
    const provider = this.providers.get(call.cluster);
    const complete = [":method", ":path", ":authority"].every(name => call.headers.has(name));
    if (!provider || !complete) return { status: Status.BadArgument };
    if (!provider.healthy) return { status: Status.InternalFailure };
    return this.run(call, provider);
  }

  /** Only workers have internal listeners. Behind one a call leaves without Envoy's marks, and without a cluster it is answered. */
  private startInside(call: Callout): Started {
    const target = call.headers.take("x-ai-failover-cluster");
    const provider = target === undefined ? undefined : this.providers.get(target);
    if (call.root.vm.thread === "main") this.process.violate("the main thread has no internal listener");
    if (provider?.healthy) return this.run(call, provider);
    const token = call.root.vm.nextCallout++;
    const details = provider ? "no_healthy_upstream" : "cluster_not_found";
    deliver(
      this.process,
      call,
      token,
      new HeaderList([
        [":status", "503"],
        ["x-ai-failover-local", details],
      ]),
    );
    return { status: Status.Ok, token };
  }

  private run(call: Callout, provider: Provider): Started {
    const token = call.root.vm.nextCallout++;
    new Running(this.process, call, token, provider);
    return { status: Status.Ok, token };
  }
}

class Running implements Sink {
  private headersMap: HeaderList | undefined;
  private trailersMap = new HeaderList();
  private chunks: Buffer[] = [];
  private size = 0;
  private readonly timer: Timer | undefined;
  private readonly exchange: Exchange;

  constructor(
    private readonly process: Process,
    private readonly call: Callout,
    private readonly token: number,
    provider: Provider,
  ) {
    const { headers, body, timeout } = call;
    // What Envoy adds to every callout (facts 9.2).
    if (call.cluster !== INSIDE) {
      headers.set("x-envoy-internal", "true");
      if (timeout > 0) headers.set("x-envoy-expected-rq-timeout-ms", String(timeout));
    }
    if (body.length > 0) headers.set("content-length", String(body.length));
    this.exchange = provider.receive(headers, body, "callout", this);
    if (timeout > 0) this.timer = process.clock.after(timeout, () => this.timedOut());
  }

  connected(): void {}

  connectFailed(reason: string): void {
    const why = reason === "" ? "connection timeout" : "remote connection failure, transport failure reason: " + reason;
    this.synthetic(503, `upstream connect error or disconnect/reset before headers. reset reason: ${why}`);
  }

  interim(): void {}

  headers(map: HeaderList, end: boolean): void {
    this.headersMap = map;
    map.set("x-envoy-upstream-service-time", "1");
    if (end) this.answer();
  }

  data(bytes: Buffer, end: boolean): void {
    this.chunks.push(bytes);
    this.size += bytes.length;
    if (this.size > MAX_ANSWER) this.broken();
    else if (end) this.answer();
  }

  trailers(map: HeaderList): void {
    this.trailersMap = map;
    this.answer();
  }

  reset(): void {
    if (this.headersMap) this.broken();
    else
      this.synthetic(
        503,
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
      );
  }

  private timedOut(): void {
    this.abort();
    if (this.headersMap) this.broken();
    else this.synthetic(504, "upstream request timeout");
  }

  private abort(): void {
    if (!this.exchange.run.ended) this.exchange.seen.aborted = true;
    this.exchange.run.cancel();
  }

  /** Envoy's own words in place of an answer (facts 12.4): only the body tells. */
  private synthetic(status: number, text: string): void {
    const body = Buffer.from(text);
    const headers: [string, string][] = [
      [":status", String(status)],
      ["content-length", String(body.length)],
      ["content-type", "text/plain"],
    ];
    this.deliver(new HeaderList(headers), body);
  }

  private answer(): void {
    this.deliver(this.headersMap!, Buffer.concat(this.chunks));
  }

  private broken(): void {
    this.abort();
    this.trailersMap = new HeaderList();
    this.deliver(new HeaderList(), Buffer.alloc(0));
  }

  private deliver(headers: HeaderList, body: Buffer): void {
    this.timer?.cancel();
    deliver(this.process, this.call, this.token, headers, body, this.trailersMap);
  }
}

function deliver(
  process: Process,
  { root }: Callout,
  token: number,
  headers: HeaderList,
  body: Buffer = Buffer.alloc(0),
  trailers = new HeaderList(),
): void {
  process.clock.after(0, () => {
    // With its root a callout is cancelled.
    if (!root.vm.contexts.has(root.id)) return;
    root.answer = { headers, trailers, body: { bytes: body } };
    root.vm.call("proxy_on_http_call_response", root, token, headers.size, body.length, trailers.size);
    root.answer = undefined;
  });
}
