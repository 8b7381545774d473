import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dialect, Saying } from "./demo-dialects.js";
import { errorBody, type Family } from "./demo-errors.js";
import type { Fault } from "./demo-fault.js";

/** What a provider has decided to say to one request. */
export interface Reply {
  family: Family;
  dialect: Dialect;
  stream: boolean;
  saying: Saying;
  /** Between two events, milliseconds. */
  pace: number;
  fault: Fault;
}

const JSON_TYPE = { "content-type": "application/json" };
const STREAM_TYPE = { "content-type": "text/event-stream", "cache-control": "no-cache" };

const GARBAGE = "<!doctype html>\n<title>Bad gateway</title>\n<h1>The service is being updated</h1>\n";

/** How long `slow` and `slow-token` wait, milliseconds. */
const SLOW = 3000;

/** How often `keep-alive` says that it still lives, milliseconds. */
const BEAT = 200;

export async function answer(response: ServerResponse, reply: Reply): Promise<void> {
  const { fault } = reply;
  switch (fault.kind) {
    case "status":
      return sendError(response, reply.family, fault);
    case "hang":
      return;
    case "reset":
      return breakOff(response);
    case "slow":
      await sleep(fault.delay ?? SLOW);
      return sendAnswer(response, reply);
    case "garbage":
      return void response.writeHead(200, { "content-type": "text/html" }).end(GARBAGE);
    case "empty":
      return void response.writeHead(200, reply.stream ? STREAM_TYPE : JSON_TYPE).end();
    case "error-in-200":
      return sendErrorInside(response, reply);
    case "silent":
      return openAnswer(response, reply);
    case "keep-alive":
      return stayAlive(response, reply);
    case "slow-token":
      openAnswer(response, reply);
      await sleep(fault.delay ?? SLOW);
      return sendAnswer(response, reply);
    default:
      return sendAnswer(response, reply);
  }
}

export function sendError(response: ServerResponse, family: Family, fault: Fault): void {
  const { status = 500, retryAfter, headers, code } = fault;
  response.writeHead(status, {
    ...JSON_TYPE,
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
    ...headers,
  });
  response.end(JSON.stringify(errorBody(family, status, code)));
}

function sendErrorInside(response: ServerResponse, reply: Reply): void {
  const body = JSON.stringify(errorBody(reply.family, 503, reply.fault.code));
  if (!reply.stream) return void response.writeHead(200, JSON_TYPE).end(body);
  const type = reply.family === "claude" ? "event: error\n" : "";
  response.writeHead(200, STREAM_TYPE).end(`${type}data: ${body}\n\n`);
}

function openAnswer(response: ServerResponse, reply: Reply): void {
  response.writeHead(200, reply.stream ? STREAM_TYPE : JSON_TYPE);
  response.flushHeaders();
}

/** Comments in a stream, blank lines before a plain answer: DeepSeek's way of saying that a request still waits. */
async function stayAlive(response: ServerResponse, reply: Reply): Promise<void> {
  openAnswer(response, reply);
  while (!response.destroyed) {
    response.write(reply.stream ? ": keep-alive\n\n" : "\n");
    await sleep(BEAT);
  }
}

/** A good answer, or as much of it as the fault lets through. */
async function sendAnswer(response: ServerResponse, reply: Reply): Promise<void> {
  const { fault, stream, pace } = reply;
  const parts = partsOf(reply);
  const breaks = fault.kind === "cut" || fault.kind === "truncated" || fault.kind === "stall";
  const sent = breaks ? (fault.after ?? parts.length >> 1) : parts.length;
  // A plain answer that is cut must have promised its length; one that ends too early must not.
  const promise = stream || fault.kind === "truncated" ? {} : { "content-length": byteLength(parts) };
  if (!response.headersSent) response.writeHead(200, { ...(stream ? STREAM_TYPE : JSON_TYPE), ...promise });
  response.flushHeaders();
  for (const [i, part] of parts.slice(0, sent).entries()) {
    if (i > 0 && stream) await sleep(pace);
    if (response.destroyed) return;
    response.write(part);
  }
  if (fault.kind === "stall") return;
  if (fault.kind !== "cut") return void response.end();
  await sleep(Math.max(pace, 5)); // a reset overtakes bytes that are still being sent
  breakOff(response);
}

/** The events of a stream, or the two halves of a plain answer. */
function partsOf({ dialect, stream, saying }: Reply): string[] {
  if (stream && dialect.stream) return dialect.stream(saying);
  const text = JSON.stringify(dialect.plain(saying));
  const half = text.length >> 1;
  return [text.slice(0, half), text.slice(half)];
}

const byteLength = (parts: string[]) => parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);

function breakOff(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}
