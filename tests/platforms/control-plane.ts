import { spawn, type ChildProcess } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { parseAllDocuments } from "yaml";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { renderTarget, type Target } from "../../cli/render/render-targets.js";
import { answerOf, until, type Answer } from "../envoy/running-gateway.js";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- resources of others
export type Resource = Record<string, any>;

/** A control plane with one proxy. */
export interface Platform {
  /** Where clients call, by the name of a host. */
  port: number;
  /** Hands these resources to the control plane, in place of those before. */
  apply(resources: Resource[]): void;
  stat(name: string): Promise<number>;
  /** What the proxy has logged. */
  log(): string;
  /** A fresh proxy, which has no earlier configuration. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A platform that can be started. */
export interface PlatformKind {
  /** What it is handed for this configuration: what `render` writes, with what stands around that, a gateway and a shop. */
  resources(config: object, port: number, shop: number): Resource[];
  start(port: number, resources: Resource[]): Promise<Platform>;
}

/** The proxy's environment, as Secrets fill it. */
export const KEYS = {
  ...{ QWEN_KEYS: "qwen-1,qwen-2", DEEPSEEK_KEYS: "deepseek-1" },
  ...{ ONE_KEY: "one-1", TWO_KEY: "two-1", THREE_KEY: "three-1" },
};

/** What `render --target` writes for a configuration. */
export function resourcesOf(target: Target, config: object, envoyVersion: string): Resource[] {
  const resolved = resolveConfig(sourceOf(config, "the walkthrough"), KEYS);
  const wasm = `${process.cwd()}/build/ai-failover.wasm`;
  return parseAllDocuments(renderTarget(target, resolved, { wasm, envoyVersion })).map(
    document => document.toJS() as Resource,
  );
}

/** The same with a mistake that only the module sees, as it would come from an edit by hand. */
export const withMistake = (resources: Resource[]): Resource[] =>
  JSON.parse(
    JSON.stringify(resources).replace(/\\"idleTimeout\\": \d+/, () => '\\"idleTimeout\\": \\"soon\\"'),
  ) as Resource[];

const running = new Set<Daemon>();

/** Those of a start that failed half-way, too. */
export const stopAll = async (): Promise<void> => {
  for (const daemon of running) await daemon.stop("SIGTERM");
};

/** A process with its own log, which dies when it is told to. */
export class Daemon {
  private constructor(
    private readonly child: ChildProcess,
    private readonly log: string,
  ) {
    running.add(this);
  }

  static start(command: string, args: string[], log: string, options: { cwd: string; env?: object }): Daemon {
    const file = openSync(log, "a");
    const env = { ...process.env, ...options.env };
    return new Daemon(spawn(command, args, { cwd: options.cwd, env, stdio: ["ignore", file, file] }), log);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until something answers there, whatever it says. */
  async serves(url: string): Promise<void> {
    const answers = async () => {
      if (this.hasEnded) throw new Error("it has ended");
      return (await fetch(url).catch(() => null)) !== null;
    };
    await until(answers, 120_000).catch((error: Error) => {
      throw new Error(`${error.message}, at ${url}:\n${readFileSync(this.log, "utf8").slice(-3000)}`, { cause: error });
    });
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): Promise<void> {
    running.delete(this);
    if (this.hasEnded) return;
    const gone = new Promise(done => this.child.once("exit", done));
    this.child.kill(signal);
    await gone;
  }
}

export interface TimedAnswer extends Answer {
  /** When its pieces came. */
  times: number[];
}

/** Asks a host by its name, which no DNS knows. */
export async function askHost(
  { port, host, path = "/v1/chat/completions" }: { port: number; host: string; path?: string },
  body?: object,
  headers: Record<string, string> = {},
): Promise<TimedAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((done, fail) => {
    const call = request(
      {
        ...{ host: "127.0.0.1", port, path, method: text === undefined ? "GET" : "POST", agent: false },
        headers: { host, ...(text !== undefined && { "content-type": "application/json" }), ...headers },
      },
      answer => {
        let said = "";
        const times: number[] = [];
        answer.setEncoding("utf8").on("data", chunk => {
          said += chunk;
          times.push(performance.now());
        });
        answer.on("close", () => {
          const fields = Object.entries(answer.headers).map(
            ([name, value]) => [name, String(value)] as [string, string],
          );
          done({ ...answerOf(answer.statusCode!, new Headers(fields), said, !answer.complete), times });
        });
      },
    );
    call.on("error", fail).end(text);
  });
}
