import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HOSTS, startGateway, type Gateway } from "./running-gateway.js";

const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };
const BODY = JSON.stringify({ model: "m", messages: [] });

interface Sent {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
  /** The gateway said 100 before the body was sent. */
  continued: boolean;
}

/** By a client that sends what it is told to, and waits with its body where it says so. */
function send(url: string, method: string, headers: Record<string, string>, body?: string): Promise<Sent> {
  return new Promise((done, fail) => {
    let continued = false;
    const call = request(url, { method, headers, agent: false });
    call.on("error", fail).on("response", answer => {
      let text = "";
      answer.setEncoding("utf8").on("data", chunk => (text += chunk));
      answer.on("end", () => done({ status: answer.statusCode!, headers: answer.headers, text, continued }));
    });
    if (headers.expect === undefined) call.end(body);
    else {
      call.on("continue", () => {
        continued = true;
        call.end(body);
      });
      call.flushHeaders();
    }
  });
}

describe.each(HOSTS)("odd requests in $mode mode, on Envoy $version:", ({ mode, version }) => {
  let gateway: Gateway;
  const at = (id: string) => gateway.providers[id]!;

  beforeAll(async () => {
    const served = { ...NEVER_OUT, allowPaths: ["DELETE /v1/models/*"] };
    gateway = await startGateway({
      ...{ mode, version },
      providers: {
        one: { tokens: ["one-1"], config: served, models: ["a-model"] },
        two: { tokens: ["two-1"], config: served, models: ["a-model"] },
      },
      routes: [
        {
          ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
          fallbackConfig: { upstreams: [{ provider: "two" }] },
        },
      ],
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    for (const provider of Object.values(gateway.providers)) {
      await provider.reset();
      provider.requests.length = 0;
    }
  });

  it.each([
    { framing: "a content-length", header: ["content-length", String(BODY.length)] },
    { framing: "chunks", header: ["transfer-encoding", "chunked"] },
  ])("one that expects 100-continue, with $framing, reaches each hop whole", async ({ header: [name, value] }) => {
    await at("one").set("*", "401");
    const headers = { [name!]: value!, expect: "100-continue", "content-type": "application/json" };
    const answer = await send(`${gateway.url}/v1/chat/completions`, "POST", headers, BODY);
    expect(answer).toMatchObject({ status: 200, continued: true, text: expect.stringContaining("Hello from two") });
    for (const id of ["one", "two"]) {
      expect(at(id).requests.map(({ body }) => body.toString())).toEqual([BODY]);
      expect(at(id).requests[0]!.headers).not.toHaveProperty("expect");
    }
  });

  it.each([
    { method: "GET", path: "/v1/models/a-model" },
    { method: "HEAD", path: "/v1/models" },
    { method: "DELETE", path: "/v1/models/a-model" },
  ])("$method without a body passes, and is rescued, as it is", async ({ method, path }) => {
    for (const [fault, hops] of [
      ["ok", ["one"]],
      ["401", ["one", "two"]],
      ["503", ["one", "one", "two"]],
    ] as const) {
      await at("one").set("*", fault);
      for (const { requests } of [at("one"), at("two")]) requests.length = 0;
      const answer = await send(`${gateway.url}${path}`, method, {});
      expect(answer.status).toBe(200);
      expect(answer.headers["x-ai-failover-attempts"]).toBe(String(hops.length));
      if (method === "HEAD") expect(answer.text).toBe("");
      else expect(answer.text).toContain(hops.at(-1));
      const seen = [...at("one").requests, ...at("two").requests];
      expect(seen.map(({ token }) => token)).toEqual(hops.map(id => `${id}-1`));
      for (const { method: got, path: there, body } of seen)
        expect([got, there, body.length]).toEqual([method, path, 0]);
    }
  });

  it("a 204 answers what is no completion", async () => {
    await at("one").set("*", "204");
    const answer = await send(`${gateway.url}/v1/models/a-model`, "DELETE", {});
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers["x-ai-failover-provider"]).toBe("one");
    const headers = { "content-type": "application/json" };
    const rescued = await send(`${gateway.url}/v1/chat/completions`, "POST", headers, BODY);
    expect(rescued).toMatchObject({ status: 200, text: expect.stringContaining("Hello from two") });
  });

  it("HEAD that fails everywhere ends in our status, without a body", async () => {
    for (const id of ["one", "two"]) await at(id).set("*", "503");
    const { status, text, headers } = await send(`${gateway.url}/v1/models`, "HEAD", {});
    expect([status, text]).toEqual([503, ""]);
    expect(headers["x-ai-failover-trail"]).toMatch(/two\/t1;status=503/);
  });

  it.each(["/v1/files/f-1", "/v1/batches", "/v1/threads/t-1", "/v1/responses/r-1", "/v1/chat/completions/c-1"])(
    "%s names what one provider holds: it is sent once, and its own answer returns",
    async path => {
      await at("one").set("*", "503");
      const answer = await send(`${gateway.url}${path}`, "GET", {});
      expect(answer.status).toBe(503);
      expect(JSON.parse(answer.text)).toHaveProperty("error");
      expect([at("one").requests.length, at("two").requests.length]).toEqual([1, 0]);
    },
  );

  it.each([
    ["TRACE", "/v1/models/a-model", 405],
    ["GET", "/v1/..%2f..%2Fadmin", 400],
    ["GET", "/v1/a/..%5Cadmin", 400],
  ])("%s %s is refused and reaches nobody", async (method, path, status) => {
    const answer = await send(`${gateway.url}${path}`, method, {});
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([status, { error: { param: null } }]);
    expect(at("one").requests).toEqual([]);
  });

  it("a POST without a body is answered, whoever that is for", async () => {
    await at("one").set("*", "401");
    const { status } = await send(`${gateway.url}/v1/chat/completions`, "POST", { "content-length": "0" });
    expect(status).toBe(200);
    expect(at("two").requests.map(({ method, body }) => [method, body.length])).toEqual([["POST", 0]]);
  });
});
