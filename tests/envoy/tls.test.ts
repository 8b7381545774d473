import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HOSTS, freePorts, startGateway, type Gateway } from "./running-gateway.js";

const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };
const directory = mkdtempSync(join(tmpdir(), "ai-failover-tls-"));
const caFile = join(directory, "tls.crt");

/** The names that handshakes asked for (SNI). */
const asked: string[] = [];
let tls: { key: Buffer; cert: Buffer; SNICallback(name: string, done: (error: null) => void): void };

/** One certificate for all: it names one host and one address, and is its own authority. */
beforeAll(() => {
  const names = "subjectAltName=DNS:llm.test,IP:127.0.0.1";
  const subject = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=llm", "-addext", names];
  execFileSync("openssl", ["req", ...subject, "-keyout", join(directory, "tls.key"), "-out", caFile], {
    stdio: "pipe",
  });
  tls = {
    key: readFileSync(join(directory, "tls.key")),
    cert: readFileSync(caFile),
    SNICallback: (name, done) => {
      asked.push(name);
      done(null);
    },
  };
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A provider that offers HTTP/2: it answers every call by a stream. */
async function startHttp2(port: number): Promise<Http2SecureServer> {
  const server = createSecureServer({ key: tls.key, cert: tls.cert, allowHTTP1: true }, (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const chunk = { choices: [{ index: 0, delta: { content: `by HTTP/${request.httpVersion}` } }] };
    response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
  });
  await new Promise<void>(done => server.listen(port, "127.0.0.1", done));
  return server;
}

describe.each(HOSTS)("a provider behind TLS, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  let gateway: Gateway;
  let http2: Http2SecureServer;

  /** How each is reached, the name that it is asked for, and why it gets nothing. */
  const servers: Record<string, { host: string; tls?: object; cause?: "connect"; sni: string[] }> = {
    named: { host: "localhost", tls: { caFile, serverName: "llm.test" }, sni: ["llm.test"] },
    address: { host: "127.0.0.1", tls: { caFile }, sni: [] },
    misnamed: { host: "localhost", tls: { caFile, serverName: "other.test" }, cause: "connect", sni: ["other.test"] },
    unnamed: { host: "localhost", tls: { caFile }, cause: "connect", sni: ["localhost"] },
    stranger: { host: "127.0.0.1", cause: "connect", sni: [] },
  };

  beforeAll(async () => {
    const ports = await freePorts(Object.keys(servers).length + 1);
    const modern = ports.pop()!;
    http2 = await startHttp2(modern);
    const url = (host: string, port: number) => `https://${host}:${port}/v1`;
    const providers = Object.entries(servers).map(([id, { host, tls: config }], i) => [
      id,
      {
        ...{ tokens: [`${id}-1`], tls, port: ports[i]! },
        config: { ...NEVER_OUT, url: url(host, ports[i]!), ...(config && { tls: config }) },
      },
    ]);
    gateway = await startGateway({
      ...{ mode, version },
      providers: {
        ...Object.fromEntries(providers),
        plain: { tokens: ["plain-1"] },
        modern: { tokens: ["modern-1"], config: { url: url("127.0.0.1", modern), tls: { caFile } } },
      },
      routes: [...Object.keys(servers), "modern"].map(id => ({
        name: id,
        modelPredicates: [{ matchType: "EQUAL", matchValue: id }],
        upstreams: [{ provider: id }],
        fallbackConfig: { upstreams: [{ provider: "plain" }] },
      })),
    });
  });
  afterAll(async () => {
    await gateway.stop();
    http2.close();
  });
  beforeEach(() => {
    asked.length = 0;
    for (const provider of Object.values(gateway.providers)) provider.requests.length = 0;
  });

  it.each(Object.entries(servers).flatMap(([id, server]) => [false, true].map(stream => ({ id, stream, ...server }))))(
    "that is $id: its certificate decides whether it gets a token (stream: $stream)",
    async ({ id, stream, cause, sni }) => {
      const answer = await gateway.ask({ model: id, stream, messages: [] });
      expect(answer.status).toBe(200);
      expect(answer.words).toMatch(`Hello from ${cause ? "plain" : id}`);
      expect(answer.trail.split(", ")[0]).toBe(`${id}/t1 ${cause ?? 200}`);
      expect(gateway.providers[id]!.requests.length).toBe(cause ? 0 : 1);
      for (const name of asked) expect(sni).toContain(name);
      // A connection that is there already asks for no name again.
      if (cause) expect(asked.length > 0).toBe(sni.length > 0);
    },
  );

  it("that refuses its token is followed by one of plain HTTP", async () => {
    await gateway.providers.named!.set("*", "401");
    const answer = await gateway.ask({ model: "named", stream: true, messages: [] });
    expect(answer.trail).toBe("named/t1 401 credential, plain/t1 200");
    await gateway.providers.named!.reset();
  });

  it("is called by HTTP/2 where it offers that", async () => {
    const answer = await gateway.ask({ model: "modern", stream: true, messages: [] });
    expect(answer.words).toBe("by HTTP/2.0");
    expect(answer.trail).toBe("modern/t1 200");
  });
});
