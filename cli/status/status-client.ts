import { existsSync } from "node:fs";
import { object, text } from "../config/raw.js";
import { readSource } from "../config/source.js";
import { Refusal } from "../refusal.js";
import { DEFAULT_FILE } from "../run/default-file.js";
import type { ExplainRequest, Explanation } from "./explain-types.js";
import type { Order, Status } from "./status-types.js";

const DEFAULT_ADDRESS = "127.0.0.1:8002";
/** The variable that holds the password: an argument could be read by others on this machine. */
const PASSWORD = "AI_FAILOVER_PASSWORD";
const PATIENCE = 10_000;

/** The status listener of a gateway that runs, here or elsewhere. */
export class StatusClient {
  /** @param address `host:port` or a URL; absent: as the configuration file here says, else the default */
  constructor(
    address: string | undefined,
    private readonly env: NodeJS.ProcessEnv = process.env,
  ) {
    const place = address ?? addressOfFile() ?? DEFAULT_ADDRESS;
    this.url = (/^https?:\/\//.test(place) ? place : `http://${place}`).replace(/\/+$/, "");
  }

  readonly url: string;

  /** Whether it is on this machine. */
  get isLocal(): boolean {
    return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(this.url).hostname);
  }

  async status(): Promise<Status> {
    return (await this.ask("/status")) as Status;
  }

  /** Answers what was done, in a sentence. */
  async order(order: Order): Promise<string> {
    const { done } = (await this.ask("/status/orders", order)) as { done: string };
    return done;
  }

  /** What would happen to a request now. */
  async explain(request: ExplainRequest): Promise<Explanation> {
    return (await this.ask("/explain", request)) as Explanation;
  }

  private async ask(path: string, body?: object): Promise<unknown> {
    const password = this.env[PASSWORD];
    const headers = {
      ...(password === undefined ? {} : { authorization: `Bearer ${password}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const response = await fetch(this.url + path, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers,
      signal: AbortSignal.timeout(PATIENCE),
    }).catch((error: Error) => {
      throw new Refusal(
        `No gateway answers at ${this.url} (${reasonOf(error)}): start it, or say --address host:port.`,
      );
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && answer !== undefined) return answer;
    throw new Refusal(this.refusal(response.status, text(object(object(answer)["error"])["message"])));
  }

  private refusal(status: number, message: string): string {
    if (status === 413) return `${this.url}: the request is larger than 1 MiB`;
    if (status === 404 && message === "") return `${this.url} has no /status: it is no status listener of ai-failover.`;
    if (status === 401) return `${this.url}: the password is needed, in the variable ${PASSWORD}.`;
    return `${this.url}: ${message === "" ? `HTTP ${status}` : message}.`;
  }
}

function reasonOf(error: Error): string {
  const { code } = (error.cause ?? {}) as { code?: string };
  return code ?? error.message;
}

/** `status.listen` of the configuration file in this directory, if there is one. */
function addressOfFile(): string | undefined {
  if (!existsSync(DEFAULT_FILE)) return undefined;
  const listen = text(object(object(readSource(DEFAULT_FILE).value)["status"])["listen"]);
  return listen === "" ? undefined : listen.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
}
