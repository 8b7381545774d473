import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * An API server of Kubernetes with nothing in it, for a control plane that takes its configuration from files: lists are empty, watches
 * stay silent, and what is written is given back.
 */
export async function startEmptyApiServer(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, "http://localhost");
  const say = (value: object, status = 200) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (request.method !== "GET") return void say(await written(request), request.method === "POST" ? 201 : 200);
  if (searchParams.has("watch")) return watch(searchParams, response, say);
  say(...read(pathname, request.headers.accept ?? ""));
}

function watch(options: URLSearchParams, response: ServerResponse, say: (value: object, status: number) => void): void {
  if (options.has("sendInitialEvents")) return say(failure(422, "Invalid"), 422);
  response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
}

function read(pathname: string, accept: string): [object, number?] {
  if (pathname === "/version") return [{ major: "1", minor: "34", gitVersion: "v1.34.0" }];
  if (pathname === "/api") return [{ kind: "APIVersions", versions: ["v1"] }];
  if (pathname === "/apis") return [{ kind: "APIGroupList", apiVersion: "v1", groups: [] }];
  const parts = pathname.split("/").slice(1);
  // Behind /api/v1 or /apis/GROUP/VERSION.
  const depth = parts.length - (parts[0] === "api" ? 2 : 3);
  if (depth <= 0)
    return [{ kind: "APIResourceList", apiVersion: "v1", groupVersion: parts.slice(1).join("/"), resources: [] }];
  if (depth === 1 || depth === 3) {
    const metadata = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" };
    const kind = accept.includes("PartialObjectMetadataList") ? metadata : {};
    return [{ ...kind, metadata: { resourceVersion: "1" }, items: [] }];
  }
  const name = parts.at(-1)!;
  if (parts.at(-2) === "namespaces") return [{ metadata: { name, uid: name, resourceVersion: "1" } }];
  return [failure(404, "NotFound"), 404];
}

const failure = (code: number, reason: string): object => ({
  ...{ kind: "Status", apiVersion: "v1", status: "Failure", reason, code, message: reason },
});

async function written(request: IncomingMessage): Promise<object> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const value = parse(text);
  return { ...value, metadata: { resourceVersion: "1", ...(value["metadata"] as object | undefined) } };
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
