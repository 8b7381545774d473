/** Answers that are good, bad or whose fault they are by something else than their status. */
import { describe, expect, it } from "vitest";
import {
  chat,
  delta,
  DONE,
  event,
  events,
  json,
  openAiError,
  sse,
  wordsOf,
  type Answer,
  type Behaviour,
} from "../host/proxy-host.js";
import { MODES, start, type Options } from "./fixture.js";

const plain = { body: { model: "m", messages: [] } };
const streamed = { body: { ...plain.body, stream: true } };
const tokens = { qwen: 1, deepseek: 1 };
const typed = (type: string, body: Answer["body"], more: Answer["headers"] = {}): Answer => ({
  body,
  headers: { "content-type": type, ...more },
});

describe.each(MODES)("in %s mode", mode => {
  const rescued = (qwen: Answer, more: Partial<Options> = {}) =>
    start({
      mode,
      tokens,
      clusters: { qwen, deepseek: ({ body }) => (JSON.parse(body).stream ? sse("Hi") : chat("Hi")) },
      ...more,
    });

  it("a token that a provider quotes in its error does not reach the client", () => {
    const token = "sk-of-the-provider";
    const quoted = json(400, openAiError("bad", `not with ${token}, ${token}`));
    const override = { "x-ai-failover": "off" };
    for (const trailers of [undefined, { "x-checksum": "1" }])
      for (const [error, headers] of [[quoted], [{ ...quoted, status: 401 }, override]] as const) {
        const provider = { apiTokens: [{ name: "t1", value: token }] };
        const answer = { ...error, ...(trailers && { trailers }) };
        const envoy = start({ mode, provider, tokens: { qwen: 1 }, clusters: { qwen: answer } });
        const call = envoy.ask({ ...plain, ...(headers && { headers }) });
        const hidden = "*".repeat(token.length);
        expect([call.status, call.json().error.message]).toEqual([error.status, `not with ${hidden}, ${hidden}`]);
        expect(envoy.provider("qwen").seen[0]!.headers["authorization"]).toBe(`Bearer ${token}`);
      }
  });

  it("what all answers hold back is bounded: one more goes to its client as it comes", () => {
    const [head, tail] = JSON.stringify({ choices: [{ message: { content: "#".repeat(700_000) } }] }).split(
      /(?="\}\}\]\}$)/,
    );
    const large = typed("application/json", [head!, 1000, tail!]);
    const envoy = start({
      mode,
      config: { limits: { parkedBodies: "1MiB", requestBody: "1MiB" } },
      clusters: { qwen: large },
    });
    const [first, second] = [envoy.call(plain), envoy.call(plain)];
    for (const call of [first!, second!]) expect(envoy.finish(call).text).toBe(head! + tail!);
    expect(first!.firstByteAfter).toBeGreaterThanOrEqual(1000);
    expect(second!.firstByteAfter).toBeLessThan(1000);
    const third = envoy.ask(plain);
    expect(third.firstByteAfter).toBeGreaterThanOrEqual(1000);
  });

  it.each([
    ["a plain answer to a request for a stream, which clients take for an empty one", streamed, chat("lost")],
    ["what is no answer, whatever its type", plain, typed("application/octet-stream", "<html>down</html>")],
    [
      "an error of a choice",
      plain,
      json(200, { choices: [{ index: 0, message: { content: "lo" }, error: { code: 502 } }] }),
    ],
    [
      "a finish reason that says it was given up",
      streamed,
      events([event({ choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }] }), DONE]),
    ],
  ])("the next hop follows on %s", (_, ask, bad) => {
    const call = rescued(bad).ask(ask);
    expect(call).toMatchObject({ status: 200, ended: "complete" });
    expect(wordsOf(call.text)).toBe("Hi");
    expect(call.headers["x-ai-failover-trail"]).toMatch(/^qwen[^,]*;cause=provider;[^,]*, deepseek[^,]*;status=200/);
  });

  it.each(["text/plain", "application/octet-stream"])(
    "a stream of type %s is judged, also where it told its length",
    type => {
      const text = delta("H") + delta("i");
      const good = rescued(typed(type, [text, DONE])).ask(streamed);
      expect(good).toMatchObject({ ended: "complete", text: text + DONE });
      const length = { "content-length": String(text.length) };
      const cut = rescued(typed(type, [delta("H"), delta("i")], length)).ask(streamed);
      expect(cut.headers).not.toHaveProperty("content-length");
      expect(cut.text).toMatch(/"code":"stream_incomplete"}}\n\n$/);
    },
  );

  it("a stream that came whole and lacks its end is rescued before anything of it has gone out", () => {
    const text = delta("H");
    const call = rescued(typed("text/event-stream", [text], { "content-length": String(text.length) })).ask(streamed);
    expect(call).toMatchObject({ status: 200, ended: "complete" });
    expect(call.headers["x-ai-failover-provider"]).toBe("deepseek");
  });

  it.each(["application/x-ndjson", "application/jsonl"])("lines of JSON of another API pass (%s)", type => {
    const text = '{"done":false}\n{"done":true}\n';
    const call = rescued(typed(type, text)).ask({ ...streamed, path: "/v1/audio/speech" });
    expect(call).toMatchObject({ status: 200, text });
  });

  it("what is told of a job that failed is no failure of its provider", () => {
    const job = json(200, { id: "ftjob-1", status: "failed", error: { code: "insufficient_quota", message: "no" } });
    const envoy = rescued(job);
    for (let i = 0; i < 4; i++) {
      const call = envoy.ask({ method: "GET", path: "/v1/fine_tuning/jobs/ftjob-1", body: "" });
      expect(call).toMatchObject({ status: 200, text: job.body });
      expect(call.headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=200;ms=\d+$/);
    }
  });

  it("what is lost behind [DONE] counts against nobody", () => {
    const envoy = rescued({ ...events([delta("Hi"), DONE, 10]), end: "cut" });
    for (let i = 0; i < 4; i++)
      expect(envoy.ask(streamed)).toMatchObject({ status: 200, ended: "reset", text: delta("Hi") + DONE });
    expect(envoy.metric("ai_failover_attempts_total;provider=qwen;cause=ok")).toBe(4);
    expect(envoy.provider("deepseek").seen).toEqual([]);
  });

  it.each([
    [401, "credential"],
    [429, "rate-limit"],
    [500, "provider"],
    [400, "broken-stream"],
  ])("a %i whose body never ends is judged after 2 s by what has come: %s", (status, cause) => {
    const ends: Behaviour = { ...json(status, {}), headers: {}, body: '{"error":{"message":"', end: "stall" };
    for (const ask of [plain, streamed]) {
      const good = ask === plain ? chat("Hi") : sse("Hi");
      const call = rescued(good, { clusters: { qwen: [ends, "refused"], deepseek: good } }).ask(ask);
      expect(wordsOf(call.text)).toBe("Hi");
      expect(call.headers["x-ai-failover-trail"]).toMatch(
        new RegExp(`^qwen/t1;status=${status};cause=${cause};ms=20[0-5]`),
      );
      expect(call.ms).toBeLessThanOrEqual(2000 + 2 * 50);
      const alone = rescued(ends, {
        tokens: { qwen: 1 },
        policy: { maxWait: 0 },
        clusters: { qwen: [ends, "refused"] },
      }).ask(ask);
      expect(alone.status).toBe({ 401: 424, 429: 429 }[status as number] ?? 503);
      // With the pause before a second try.
      expect(alone.ms).toBeLessThanOrEqual(2000 + 4 * 50);
    }
  });

  it("a 401 that Envoy ends before that is judged by its status too", () => {
    const ends: Answer = { ...json(401, {}), headers: {}, body: '{"error":{"message":"', end: "stall" };
    const policy = { firstTokenTimeout: 300, attemptTimeout: 300 };
    const { headers } = rescued(ends, { policy }).ask(plain);
    expect(headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=401;cause=credential/);
    const cut = rescued({ ...ends, end: "cut" }).ask(plain);
    if (mode !== "callout") expect(cut.headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=401;cause=credential/);
  });

  it("a rule holds for an error inside a good answer too", () => {
    const long = json(200, openAiError("context_length_exceeded"));
    expect(rescued(long).ask(plain).text).toContain("context_length_exceeded");
    const rules = [{ cause: "context-window", then: "next-provider" }];
    expect(wordsOf(rescued(long, { provider: { rules } }).ask(plain).text)).toBe("Hi");
  });

  it("events of a stream that are no JSON pass and are counted", () => {
    const body = [delta("H"), "data: oops\n\n", 10, "data: {\n\n", delta("i"), DONE];
    const envoy = rescued(events(body));
    expect(envoy.ask(streamed)).toMatchObject({ ended: "complete", text: body.filter(piece => piece !== 10).join("") });
    envoy.ask(streamed);
    expect(envoy.metric("ai_failover_invalid_events_total;provider=qwen")).toBe(4);
    expect(envoy.metric("ai_failover_invalid_events_total;provider=deepseek")).toBe(0);
  });
});

// In callout mode Envoy answers before the module learns of the cut (docs/modes.md).
describe.each(["retry", "hop"] as const)("in %s mode", mode => {
  it("an answer that came whole fails for what it says, also if the provider then goes without ending it", () => {
    const text = JSON.stringify(openAiError("rate_limit_exceeded"));
    const length = { "content-length": String(text.length) };
    const qwen: Answer = { ...typed("application/json", [text], length), end: "cut" };
    const call = start({ mode, tokens, clusters: { qwen, deepseek: chat("Hi") } }).ask(plain);
    expect(call).toMatchObject({ status: 200, ended: "complete" });
    expect(call.headers["x-ai-failover-trail"]).toMatch(/^qwen[^,]*;cause=rate-limit;[^,]*, deepseek[^,]*;status=200/);
  });
});
