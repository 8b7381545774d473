import { readFileSync } from "node:fs";
import { once } from "node:events";
import { Agent, request, type IncomingMessage, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, startGateway, until, type Gateway } from "./running-gateway.js";
import { startServer, type OwnProvider } from "./server.js";

const MB = 1 << 20;
const SIZE = 30 * MB;
const CLIENTS = 4;
const PIECE = "#".repeat(64 << 10);
const PIECES = SIZE / PIECE.length;
const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };

const event = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

/** What all answers have written so far, bytes. */
let written = 0;

async function writeSlowly(response: ServerResponse, body: string): Promise<void> {
  const isStream = body.includes('"stream":true');
  const closed = once(response, "close");
  const write = async (text: string) => {
    if (!response.write(text) && !response.destroyed) await Promise.race([once(response, "drain"), closed]);
    written += text.length;
  };
  response.setHeader("content-type", isStream ? "text/event-stream" : "application/json");
  if (!isStream) await write('{"choices":[{"message":{"role":"assistant","content":"');
  for (let i = 0; i < PIECES && !response.destroyed; i++) await write(isStream ? event(PIECE) : PIECE);
  await write(isStream ? `${event("", "stop")}data: [DONE]\n\n` : '"},"finish_reason":"stop"}]}');
  response.end();
}

/** Asks, and reads nothing of the answer before it is told to. */
function ask(agent: Agent, url: string, body: object): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const call = request(`${url}/v1/chat/completions`, {
      ...{ method: "POST", headers: { "content-type": "application/json" }, agent },
    });
    call.on("error", fail).on("response", answer => {
      answer.pause();
      done(answer);
    });
    call.end(JSON.stringify(body));
  });
}

async function readAll(answer: IncomingMessage): Promise<{ size: number; end: string }> {
  let size = 0;
  let end = "";
  for await (const chunk of answer) {
    size += (chunk as Buffer).length;
    end = (end + (chunk as Buffer).subarray(-20).toString()).slice(-20);
  }
  return { size, end };
}

/** When nothing more is written for a while. */
async function settled(): Promise<void> {
  let before = -1;
  let since = performance.now();
  await until(() => {
    if (written !== before) since = performance.now();
    before = written;
    return performance.now() - since > 500;
  }, 30_000);
}

const to = (first: string, ...rest: string[]) => ({
  upstreams: [{ provider: first }],
  ...(rest.length > 0 ? { fallbackConfig: { upstreams: rest.map(provider => ({ provider })) } } : {}),
});

describe.each(HOSTS)("30 MB for each of 4 clients that read slowly, in $mode mode, on Envoy $version,", host => {
  const { mode, version } = host;
  let gateway: Gateway;
  let large: OwnProvider;
  let atStart = 0;
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, "utf8"))![1]) << 10;

  beforeAll(async () => {
    large = await startServer((response, { body }) => writeSlowly(response, body));
    const config = { url: large.url, ...NEVER_OUT };
    gateway = await startGateway({
      ...{ mode, version },
      providers: { one: { tokens: ["one-1"], config: NEVER_OUT }, large: { tokens: ["large-1"], config } },
      routes: [
        { ...{ name: "direct", modelPredicates: [{ matchType: "EQUAL", matchValue: "direct" }] }, ...to("large") },
        {
          ...{ name: "spared", modelPredicates: [{ matchType: "EQUAL", matchValue: "spared" }] },
          ...to("large", "one"),
        },
        { ...{ name: "rescued", modelPredicates: [] }, ...to("one", "large") },
      ],
      config: { limits: { guard: MB }, idleTimeout: "1s" },
    });
    await gateway.providers.one!.set("*", "500");
    atStart = memory();
  });
  afterAll(async () => {
    await gateway.stop();
    await large.close();
  });

  /** How much memory they take while they wait; then they read. */
  async function round(body: object): Promise<number> {
    written = 0;
    const before = memory();
    const agent = new Agent({ keepAlive: true });
    const answers = await Promise.all(Array.from({ length: CLIENTS }, () => ask(agent, gateway.url, body)));
    await settled();
    const grown = memory() - before;
    for (const { size, end } of await Promise.all(answers.map(readAll))) {
      expect(size).toBe(written / CLIENTS);
      expect(end).toMatch(/(\[DONE\]\n\n|"stop"\}\]\})$/);
    }
    agent.destroy();
    return grown;
  }

  const flowing = mode !== "callout" ? ["direct", "rescued"] : ["direct"];
  it.each(flowing.flatMap(model => [true, false].map(stream => ({ model, stream }))))(
    "wait at their provider until they are read: $model, stream: $stream",
    async body => {
      const grown = await round(body);
      console.log(`${mode}, ${body.model}: ${Math.round(grown / MB)} MB`);
      expect(grown).toBeLessThan(CLIENTS * 8 * MB);
    },
  );

  it("are not cut, and no provider is to blame, where they read nothing for longer than idleTimeout", async () => {
    written = 0;
    const agent = new Agent({ keepAlive: true });
    const answer = await ask(agent, gateway.url, { model: "spared", stream: true });
    await settled();
    await new Promise(done => setTimeout(done, 2500));
    const { size, end } = await readAll(answer);
    expect([size, end.slice(-8)]).toEqual([written, "[DONE]\n\n"]);
    agent.destroy();
  });

  it.runIf(mode === "callout").each([true, false])(
    "wait in Envoy where a callout has brought them, and leave room for the next ones: stream: %s",
    async stream => {
      for (let i = 0; i < 4; i++) await round({ model: "rescued", stream });
      const grown = memory() - atStart;
      console.log(`${mode}, rescued: ${Math.round(grown / MB)} MB`);
      expect(grown).toBeLessThan(CLIENTS * 5 * SIZE);
    },
  );
});
