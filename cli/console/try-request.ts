import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { FastifyInstance } from "fastify";
import { urlOf } from "../run/admin-client.js";
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
    const { path, body, key } = request.body;
    if (!PATHS.includes(path)) return reply.code(400).send({ error: `Only ${PATHS.join(", ")} can be tried here.` });
    const leaving = new AbortController();
    reply.raw.once("close", () => leaving.abort());
    const response = await fetch(`${urlOf(reachable(host.config.listen))}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "ai-failover-console",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    const passed = [...response.headers].filter(
      ([name]) => name.startsWith("x-ai-failover-") || name === "retry-after",
    );
    void reply.code(200).headers(Object.fromEntries(passed));
    void reply.header("x-status", String(response.status));
    void reply.header("content-type", "text/plain; charset=utf-8");
    return reply.send(response.body === null ? "" : Readable.fromWeb(response.body as ReadableStream));
  });
}
