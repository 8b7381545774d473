/** A provider behind one cluster: what it does, and what it has seen. */
import { Run, type Behaviour, type Sink } from "./behaviour.js";
import type { HeaderList } from "./host-headers.js";
import type { Process } from "./process.js";

/** One request as it arrived there. */
export interface Seen {
  cluster: string;
  method: string;
  authority: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  trailers?: Record<string, string>;
  /** By the router's attempt or by a callout of the module. */
  by: "attempt" | "callout";
  /** Virtual ms. */
  at: number;
  /** The gateway side went away before the answer was complete. */
  aborted: boolean;
  json(): any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** One behaviour for all requests, one after the other (the last for all that follow), or by what is asked. */
export type Script = Behaviour | Behaviour[] | ((request: Seen, count: number) => Behaviour);

export interface Exchange {
  seen: Seen;
  run: Run;
}

export class Provider {
  readonly seen: Seen[] = [];
  /** False: Envoy has no host for it, and answers or fails at once by itself. */
  healthy = true;
  private count = 0;

  constructor(
    readonly cluster: string,
    public script: Script,
    private readonly process: Process,
  ) {}

  /** A complete request reaches it. */
  receive(map: HeaderList, body: Buffer, by: Seen["by"], sink: Sink): Exchange {
    const length = map.get("content-length");
    if (length !== undefined && Number(length) !== body.length)
      this.process.violate(`${this.cluster} was told ${length} bytes and got ${body.length}`);
    const headers = map.toObject();
    const seen: Seen = {
      ...{ cluster: this.cluster, headers, body: body.toString("utf8"), by, aborted: false },
      method: headers[":method"] ?? "",
      authority: headers[":authority"] ?? "",
      path: headers[":path"] ?? "",
      at: this.process.clock.now,
      json: () => JSON.parse(seen.body),
    };
    this.seen.push(seen);
    return { seen, run: new Run(this.process.clock, sink, this.behaviourFor(seen)) };
  }

  private behaviourFor(seen: Seen): Behaviour {
    const count = this.count++;
    if (typeof this.script === "function") return this.script(seen, count);
    if (!Array.isArray(this.script)) return this.script;
    return (
      this.script[Math.min(count, this.script.length - 1)] ?? this.process.violate(`${this.cluster} has no script`)
    );
  }
}
