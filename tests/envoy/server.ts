import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

/** A provider of a test's own, for answers that the demo providers do not give. */
export interface OwnProvider {
  url: string;
  close(): Promise<void>;
}

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Calls back when a request has come whole. */
export function startServer(answer: (response: ServerResponse, asked: Asked) => unknown): Promise<OwnProvider> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", chunk => (body += chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      void answer(response, { method, path: url, headers, body });
    });
  });
  return listen(server, () => server.closeAllConnections());
}

/** The same by HTTP/2 without TLS. */
export function startHttp2Server(answer: (stream: ServerHttp2Stream, body: string) => void): Promise<OwnProvider> {
  const sessions = new Set<{ destroy(): void }>();
  const server = createHttp2Server();
  server.on("session", session => sessions.add(session));
  server.on("stream", stream => {
    let body = "";
    stream.setEncoding("utf8").on("data", chunk => (body += chunk));
    stream.on("end", () => answer(stream, body)).on("error", () => {});
  });
  return listen(server, () => sessions.forEach(session => session.destroy()));
}

interface Listening {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(done: () => void): unknown;
}

async function listen(server: Listening, endConnections: () => void): Promise<OwnProvider> {
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () =>
      new Promise<void>(done => {
        server.close(done);
        endConnections();
      }),
  };
}
