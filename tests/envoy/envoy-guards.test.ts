import { request, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, startGateway, until, type Gateway } from "./running-gateway.js";
import { startServer, type OwnProvider } from "./server.js";

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));
const event = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const EMPTY = event({ content: "" });
const STEPS = {
  comment: ": keep-alive\n\n",
  role: event({ role: "assistant", content: "" }),
  empty: EMPTY,
  word: event({ content: "Hello" }),
  more: event({ content: " again" }),
  finish: event({}, "stop"),
  done: "data: [DONE]\n\n",
};
type Step = keyof typeof STEPS;

/** What a client has seen so far. */
interface Seen {
  headers: boolean;
  text: string;
  ended: boolean;
}

function ask(url: string, body: object): Seen {
  const seen = { headers: false, text: "", ended: false };
  const headers = { "content-type": "application/json" };
  const call = request(`${url}/v1/chat/completions`, { method: "POST", headers, agent: false }, answer => {
    seen.headers = true;
    answer.setEncoding("utf8").on("data", chunk => (seen.text += chunk));
    answer.on("end", () => (seen.ended = true));
  });
  call.end(JSON.stringify(body));
  return seen;
}

describe.each(HOSTS)("a guard in $mode mode, on Envoy $version:", ({ mode, version }) => {
  let gateway: Gateway;
  let provider: OwnProvider;
  /** Streams that wait for the test to say what they send. */
  const open: ServerResponse[] = [];

  beforeAll(async () => {
    provider = await startServer((response, { body }) => {
      const { model } = JSON.parse(body) as { model: string };
      response.setHeader("content-type", "text/event-stream");
      if (model === "length") {
        // It says how long it will be, and leaves the end out.
        const text = STEPS.role + STEPS.word;
        response.setHeader("content-length", text.length + STEPS.more.length);
        response.write(text);
        // What came whole would be rescued.
        setTimeout(() => response.end(STEPS.more), 100);
      } else if (model === "empty") {
        const beat = setInterval(() => response.write(EMPTY), 50);
        response.on("close", () => clearInterval(beat));
      } else {
        response.flushHeaders();
        open.push(response);
      }
    });
    const guards = { none: "none", "first-event": "first-event", full: "full", length: "first-event", empty: "full" };
    gateway = await startGateway({
      ...{ mode, version },
      providers: { one: { tokens: ["one-1"], config: { url: provider.url } }, two: { tokens: ["two-1"] } },
      routes: Object.entries(guards).map(([model, guard]) => ({
        ...{ name: model, modelPredicates: [{ matchType: "EQUAL", matchValue: model }], guard },
        ...{ upstreams: [{ provider: "one" }], fallbackConfig: { upstreams: [{ provider: "two" }] } },
        ...(model === "empty" ? { firstTokenTimeout: 500, attemptTimeout: 5000 } : {}),
      })),
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await provider.close();
  });

  it.each([
    { guard: "none", at: 0, holds: "nothing: the headers pass at once" },
    { guard: "first-event", at: 4, holds: "comments, the role and empty texts, until the first word" },
    { guard: "full", at: 7, holds: "everything until the end mark" },
  ])("$guard holds $holds", async ({ guard, at }) => {
    open.length = 0;
    const seen = ask(gateway.url, { model: guard, stream: true });
    await until(() => open.length === 1);
    let sent = "";
    for (const [i, step] of (Object.keys(STEPS) as Step[]).entries()) {
      if (i < at) {
        await pause(100);
        expect(seen).toEqual({ headers: false, text: "", ended: false });
      } else await until(() => seen.headers && seen.text === sent);
      sent += STEPS[step];
      open[0]!.write(STEPS[step]);
    }
    await until(() => seen.text === sent);
    open[0]!.end();
    await until(() => seen.ended);
    expect(seen.text).toBe(sent);
    expect(gateway.providers.two!.requests).toEqual([]);
  });

  it("a stream that has told its length may still get an error event behind it", async () => {
    const answer = await gateway.ask({ model: "length", stream: true });
    expect(answer).toMatchObject({ status: 200, broken: false, words: "Hello again" });
    expect(answer.headers.has("content-length")).toBe(false);
    expect(answer.text.startsWith(STEPS.role + STEPS.word)).toBe(true);
    expect(answer.text).toContain('"code":"stream_incomplete"');
  });

  it("events without content are silence: after firstTokenTimeout the next hop follows", async () => {
    const answer = await gateway.ask({ model: "empty", stream: true });
    expect(answer.words).toMatch("Hello from two");
    expect(answer.trail).toBe("one/t1 200 slow, two/t1 200");
  });
});
