/** What is held, for how long, and what goes on: the corners that no fault of a provider shows. */
import { describe, expect, it } from "vitest";
import { chat, delta, DONE, event, events, sse, wordsOf, type Answer, type Piece } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const plain = { body: { model: "m", messages: [] } };
const streamed = { body: { ...plain.body, stream: true } };
const tokens = { qwen: 1, deepseek: 1 };
const IDLE = 500;
const STALL = 2000;
const TICK = 50;

/** Pieces with 100 ms before each but the first. */
const slowly = (piece: string, times: number): Piece[] =>
  Array.from({ length: times * 2 - 1 }, (_, i) => (i % 2 ? 100 : piece));

describe.each(MODES)("in %s mode", mode => {
  const ask = (request: typeof plain, qwen: Answer, policy: object = {}, guard = 1 << 20) =>
    start({
      ...{ mode, tokens, config: { idleTimeout: IDLE, stallTimeout: STALL, limits: { guard } } },
      policy: { attemptTimeout: 2000, ...policy },
      clusters: { qwen, deepseek: request === plain ? chat("rescued") : sse("rescued") },
    }).ask(request);

  describe.each([": keep-alive\n\n", "\n", "event: ping\n\n", event({ choices: [] })])("%j between words", filler => {
    const alive = (times: number) => events([delta("Hi"), ...slowly(filler, times), DONE]);

    it.each(["none", "first-event", "full"])(
      "is a sign of life, so that idleTimeout does not hold (guard %s)",
      guard => {
        const call = ask(streamed, alive(15), { guard });
        expect(call).toMatchObject({ status: 200, ended: "complete", text: delta("Hi") + filler.repeat(15) + DONE });
      },
    );

    it("and nothing else for stallTimeout breaks the stream off, or moves a held one on", () => {
      for (const guard of ["none", "first-event"]) {
        const call = ask(streamed, alive(50), { guard });
        expect(call).toMatchObject({ status: 200, ended: "reset", text: expect.stringContaining(delta("Hi")) });
        expect(call.ms).toBeGreaterThanOrEqual(STALL);
        expect(call.ms).toBeLessThanOrEqual(STALL + TICK);
      }
      const held = ask(streamed, alive(50), { guard: "full", attemptTimeout: 10_000 });
      expect(wordsOf(held.text)).toBe("rescued");
      expect(held.ms).toBeLessThanOrEqual(STALL + 2 * TICK);
    });
  });

  it("a client of HTTP/1.0, whose answers end with their connection, gets only what is whole", () => {
    const cut = events([delta("Hi"), 10], { end: "cut" });
    const asked = (qwen: Answer, protocol: string, guard: string) =>
      start({ mode, tokens, policy: { guard }, clusters: { qwen, deepseek: sse("rescued") } }).ask({
        ...streamed,
        protocol,
      });
    for (const guard of ["none", "first-event"]) {
      expect(asked(cut, "HTTP/1.1", guard)).toMatchObject({ status: 200, ended: "reset" });
      const rescued = asked(cut, "HTTP/1.0", guard);
      // In callout mode Envoy answers by itself: a status that is no success.
      if (mode !== "callout") expect([rescued.status, wordsOf(rescued.text)]).toEqual([200, "rescued"]);
      else expect(rescued.status).toBeGreaterThanOrEqual(500);
      expect(asked(events([delta("Hi"), 10, DONE]), "HTTP/1.0", guard).text).toBe(delta("Hi") + DONE);
    }
  });

  it("no byte for idleTimeout breaks a stream off, or moves a held one on", () => {
    const silent = events([delta("Hi"), 5000, DONE]);
    for (const guard of ["none", "first-event"]) {
      const call = ask(streamed, silent, { guard });
      expect(call).toMatchObject({ status: 200, ended: "reset", text: delta("Hi") });
      expect(call.ms).toBeLessThanOrEqual(IDLE + TICK);
    }
    const held = ask(streamed, silent, { guard: "full" });
    expect(wordsOf(held.text)).toBe("rescued");
    expect(held.ms).toBeLessThanOrEqual(IDLE + 2 * TICK);
  });

  it.each(["", "\n", ": wait\n\n"])(
    "a stream of nothing but %j ends in an error event where its headers have passed",
    body => {
      const call = ask(streamed, events(body ? [10, body] : [10]), { guard: "none" });
      expect(call).toMatchObject({
        status: 200,
        ended: "complete",
        text: expect.stringContaining('"code":"stream_incomplete"'),
      });
    },
  );

  it("blank lines before a plain answer pass with it, but hold no limit off", () => {
    const { body } = chat("Hi") as { body: string };
    const waiting = (times: number): Answer => ({
      headers: { "content-type": "application/json" },
      body: [...slowly("\n", times), body],
    });
    expect(ask(plain, waiting(10)).text).toBe("\n".repeat(10) + body);
    const late = ask(plain, waiting(50));
    expect(wordsOf(late.text)).toBe("rescued");
    expect(late.ms).toBeLessThanOrEqual(2000 + 2 * TICK);
  });

  describe("what is larger than limits.guard flows:", () => {
    const long = delta("y".repeat(3000));
    const full = { guard: "full" };

    it.each<[Answer["end"], string]>([
      ["cut", "reset"],
      ["stall", "reset"],
    ])("a %s is a broken transfer then", (end, ended) => {
      const call = ask(streamed, { ...events([long, 10, delta("Hi"), 10]), end }, full, 2000);
      expect(call).toMatchObject({ status: 200, ended, text: long + delta("Hi") });
    });

    it("a missing end mark is an error event, and a whole stream is whole", () => {
      const lost = ask(streamed, events([long, 10, delta("Hi")]), full, 2000);
      expect(lost).toMatchObject({
        ended: "complete",
        text: expect.stringMatching(/"code":"stream_incomplete"}}\n\n$/),
      });
      expect(ask(streamed, events([long, 10, DONE]), full, 2000).text).toBe(long + DONE);
    });

    it("a plain answer is not judged", () => {
      const half = (chat("y".repeat(3000)).body as string).slice(0, -1);
      const call = ask(plain, { headers: { "content-type": "application/json" }, body: [half, 10] }, {}, 2000);
      expect(call).toMatchObject({ status: 200, text: half });
    });
  });
});
