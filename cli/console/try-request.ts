import { request as send, type IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { reachable } from "../run/envoy-process.js";
import type { ConsoleHost } from "./console-host.js";
import * as schemas from "./request-schemas.js";

/** The calls of a model that the page can try. */
const PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"];

interface Attempt {
  path: string;
  body: unknown;
  /** A client key, where the gateway asks for one. */
  key?: string;
}

/**
 * Sends a request of the page through the gateway and passes the answer on as it comes: the page may call its own origin only.
 * The gateway's own headers go on, so that the page sees the trail.
 */
export function openTry(server: FastifyInstance, host: ConsoleHost): void {
  server.post<{ Body: Attempt }>("/api/try", { schema: schemas.attempt }, async (request, reply) => {
    const { path } = request.body;
    if (!PATHS.includes(path)) return reply.code(400).send({ error: `Only ${PATHS.join(", ")} can be tried here.` });
    const leaving = new AbortController();
    reply.raw.once("close", () => leaving.abort());
    const response = await ask(host, request.body, leaving.signal);
    for (const [name, value] of Object.entries(response.headers))
      if (name.startsWith("x-ai-failover-") || name === "retry-after") void reply.header(name, value);
    void reply.header("x-status", String(response.statusCode));
    void reply.header("content-type", "text/plain; charset=utf-8");
    return reply.send(response);
  });
}

/** On a connection of its own: one that is kept would still be served by the configuration before an edit. */
function ask({ config }: ConsoleHost, { path, body, key }: Attempt, signal: AbortSignal): Promise<IncomingMessage> {
  const { host, port } = reachable(config.listen);
  const headers = {
    "content-type": "application/json",
    "user-agent": "ai-failover-console",
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  return new Promise((done, fail) => {
    const sent = send({ host, port, path, method: "POST", headers, agent: false, signal });
    sent.once("response", done).once("error", fail);
    sent.end(JSON.stringify(body));
  });
}
