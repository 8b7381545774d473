import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { answer, sendError } from "./demo-answer.js";
import { dialectOf } from "./demo-dialects.js";
import type { Family } from "./demo-errors.js";
import { parseFault, type Fault } from "./demo-fault.js";

export interface DemoOptions {
  /** As its answers call it, and its faults are set: "qwen". */
  name: string;
  /** What it accepts as `Authorization: Bearer` or `x-api-key`; every other token gets a 401. Empty: no token is asked for. */
  tokens: string[];
  /** Whose error bodies it speaks. */
  family?: Family;
  /** What GET /models lists. */
  models?: string[];
  /** Loopback port; 0: a free one. */
  port?: number;
  /** Between two words of a streamed answer, milliseconds. */
  pace?: number;
  /** Serve https. */
  tls?: { key: string | Buffer; cert: string | Buffer };
  /** How many requests it remembers. */
  remember?: number;
}

/** One request as it came in. */
export interface DemoRequest {
  /** performance.now() when its headers had come. */
  at: number;
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage["headers"];
  token: string;
  /** 1-based number of the token; 0: not one of ours. */
  tokenNumber: number;
  body: Buffer;
  /** The body's `model`, or "". */
  model: string;
  stream: boolean;
  /** A body that calls itself JSON and is not: a 400. */
  malformed: boolean;
  fault: Fault;
  /** Whether the answer went out whole; false while it runs, and when either side broke it off. */
  answered: boolean;
  /** Whether the connection ended before the answer did. */
  aborted: boolean;
}

export interface DemoProvider {
  name: string;
  tokens: string[];
  port: number;
  /** With "/v1": what `url` of the configuration takes. */
  url: string;
  /** All requests whose body has come, oldest first. Empty it with `requests.length = 0`. */
  requests: DemoRequest[];
  /** Sets what a token meets from now on: its text, its 1-based number, or "*" for all (also unknown ones). */
  set(token: string | number, fault: Fault | string): Promise<void>;
  /** Makes everything well again. */
  reset(): Promise<void>;
  /** What is not well: by the number of a token, its text where it is unknown, or "*". */
  faults(): [token: string, fault: Fault][];
  close(): Promise<void>;
}

const OK: Fault = { kind: "ok" };

/** Starts a small server that answers as an LLM provider does, and fails as it is told to. */
export async function startDemoProvider(options: DemoOptions): Promise<DemoProvider> {
  const { name, tokens, family = "openai", pace = 5, remember = 10_000 } = options;
  const faults = new Map<string, Fault>();
  const requests: DemoRequest[] = [];
  let served = 0;

  const take = (token: string): Fault => {
    const key = faults.has(token) ? token : "*";
    const fault = faults.get(key);
    if (fault === undefined) return OK;
    if (fault.times === undefined) return fault;
    if (fault.times <= 1) faults.delete(key);
    else faults.set(key, { ...fault, times: fault.times - 1 });
    return fault;
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const at = performance.now();
    const body = await readBody(incoming);
    if (body === null) return;
    const request = describe(incoming, body, at, tokens);
    const { token, model, stream, path } = request;
    request.fault = take(token);
    if (remember > 0) requests.push(request);
    if (requests.length > remember) requests.shift();
    response.on("finish", () => (request.answered = true));
    response.on("close", () => (request.aborted = !request.answered));
    response.setHeader("x-request-id", `${name}-${++served}`);

    const speaks = /\/messages(\?|$)/.test(path) ? "claude" : family;
    if (request.fault.kind === "ok") {
      const refusal = tokens.length > 0 && request.tokenNumber === 0 ? 401 : request.malformed ? 400 : 0;
      if (refusal > 0) return sendError(response, speaks, { kind: "status", status: refusal });
      if (/\/models(\?|$)/.test(path)) return sendModels(response, name, options.models ?? []);
    }
    await answer(response, {
      family: speaks,
      dialect: dialectOf(path.replace(/\?.*/, "")),
      stream,
      pace,
      fault: request.fault,
      saying: {
        id: `${name}-${served}`,
        model,
        words: `Hello from ${name}, model ${model || "(none)"}, token ${request.tokenNumber}.`.split(/(?<= )/),
        usage: family === "deepseek" || body.includes('"include_usage"'),
        promptTokens: Math.ceil(body.length / 4),
      },
    });
  };

  const onRequest = (incoming: IncomingMessage, response: ServerResponse) => {
    handle(incoming, response).catch((error: Error) => response.destroy(error));
  };
  const server: Server = options.tls ? createSecureServer(options.tls, onRequest) : createServer(onRequest);
  // Longer than Envoy keeps idle connections, so that only a fault breaks one.
  server.keepAliveTimeout = 3_700_000;
  server.requestTimeout = 0;
  const port = await open(server, options.port ?? 0);

  const key = (token: string | number) =>
    typeof token === "number" || /^[1-9]\d?$/.test(token) ? tokenAt(name, tokens, Number(token)) : token;
  const label = (token: string) => (tokens.includes(token) ? String(tokens.indexOf(token) + 1) : token);
  /** A refused connection is the port's fault, whatever token would have come. */
  const openOrClose = async () => {
    const refuse = [...faults.values()].some(fault => fault.kind === "refused");
    if (refuse && server.listening) await shut(server);
    if (!refuse && !server.listening) await open(server, port);
  };

  return {
    name,
    tokens,
    port,
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${port}/v1`,
    requests,
    async set(token, fault) {
      const value = typeof fault === "string" ? parseFault(fault.split(" ")) : fault;
      if (token === "*") faults.clear();
      faults.set(key(token), value);
      await openOrClose();
    },
    async reset() {
      faults.clear();
      await openOrClose();
    },
    faults: () => [...faults].filter(([, { kind }]) => kind !== "ok").map(([token, fault]) => [label(token), fault]),
    close: () => (server.listening ? shut(server) : Promise.resolve()),
  };
}

function tokenAt(name: string, tokens: string[], number: number): string {
  const token = tokens[number - 1];
  if (token === undefined) throw new Error(`${name} has ${tokens.length} tokens, no token ${number}`);
  return token;
}

function describe(incoming: IncomingMessage, body: Buffer, at: number, tokens: string[]): DemoRequest {
  const { method = "", url = "", headers } = incoming;
  const token =
    headers.authorization?.replace(/^Bearer /i, "") ?? String(headers["x-api-key"] ?? headers["api-key"] ?? "");
  return {
    ...{ at, method, path: url, headers, token, tokenNumber: tokens.indexOf(token) + 1 },
    ...{ body, ...readModel(body, headers["content-type"] ?? ""), fault: OK, answered: false, aborted: false },
  };
}

function readModel(body: Buffer, contentType: string): Pick<DemoRequest, "model" | "stream" | "malformed"> {
  if (contentType.startsWith("multipart/form-data")) {
    const part = /name="?model"?\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)/.exec(body.toString("latin1"));
    return { model: part?.[1] ?? "", stream: false, malformed: false };
  }
  try {
    const { model, stream } = JSON.parse(body.toString()) as { model?: unknown; stream?: unknown };
    return { model: typeof model === "string" ? model : "", stream: stream === true, malformed: false };
  } catch {
    return { model: "", stream: false, malformed: contentType.startsWith("application/json") };
  }
}

function sendModels(response: ServerResponse, owner: string, models: string[]): void {
  const data = models.map(id => ({ id, object: "model", created: 1_764_000_000, owned_by: owner }));
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ object: "list", data }));
}

/** null: the caller went away while sending. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

function open(server: Server, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", fail);
      done((server.address() as AddressInfo).port);
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise(done => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
