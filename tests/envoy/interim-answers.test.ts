/**
 * A provider that says 100, 102 or 103 and then fails to go on. Envoy keeps no limit of an attempt and makes no retry after that (facts
 * 19.5), so that the module's own clock and its callouts must: with every guard, and with a body that the provider does not take.
 */
import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, startGateway, type Gateway } from "./running-gateway.js";

const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };
const HEADS: Record<string, string> = {
  100: "HTTP/1.1 100 Continue\r\n\r\n",
  102: "HTTP/1.1 102 Processing\r\n\r\n",
  103: "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n",
};
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const WORD = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "Odd" } }] })}\n\n`;
const OK = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const BAD = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/** What follows the interim answer. */
const FATES: Record<string, (socket: Socket) => unknown> = {
  silence: () => {},
  "a reset": socket => setTimeout(() => socket.resetAndDestroy(), 50),
  "a failure": socket => socket.write(BAD),
  "headers, then silence": socket => socket.write(OK),
  "a word, then silence": socket => socket.write(OK + chunk(WORD)),
  "a word, then comments": socket => {
    socket.write(OK + chunk(WORD));
    const beat = setInterval(() => socket.write(chunk(": ping\n\n")), 100);
    socket.on("close", () => clearInterval(beat));
  },
};

/** Says what a request asks for in its first bytes, and reads no more of one that asks for that. */
function startOdd(): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    let text = "";
    let isDone = false;
    socket.on("error", () => {});
    socket.on("data", piece => {
      if (isDone) return;
      text += piece.toString("latin1");
      const asked = /"user":"(\d+) ([^"|]+)(\|unread)?"/.exec(text);
      if (!asked) return;
      isDone = true;
      if (asked[3]) socket.pause();
      socket.write(HEADS[asked[1]!]!);
      // Apart from what follows.
      setTimeout(() => FATES[asked[2]!]!(socket), 20);
    });
  });
  return new Promise(done =>
    server.listen(0, "127.0.0.1", () =>
      done({
        url: `http://127.0.0.1:${(server.address() as { port: number }).port}/v1`,
        close: () => {
          for (const socket of sockets) socket.destroy();
          server.close();
        },
      }),
    ),
  );
}

/** More than the buffers on its way take. */
const LARGE = { messages: ["#".repeat(6 << 20)] };

const GUARDS = ["none", "first-event", "full"] as const;
type Guard = (typeof GUARDS)[number];

describe.each(HOSTS)("after an interim answer, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  let gateway: Gateway;
  let odd: Awaited<ReturnType<typeof startOdd>>;

  beforeAll(async () => {
    odd = await startOdd();
    gateway = await startGateway({
      ...{ mode, version },
      providers: {
        odd: { tokens: ["t"], config: { url: odd.url, ...NEVER_OUT } },
        two: { tokens: ["two-1"], config: NEVER_OUT },
      },
      routes: GUARDS.map(guard => ({
        ...{ name: guard, guard, modelPredicates: [{ matchType: "EQUAL", matchValue: guard }] },
        ...{ timeout: 30_000, firstTokenTimeout: 2000, attemptTimeout: 2000 },
        ...{ upstreams: [{ provider: "odd" }], fallbackConfig: { upstreams: [{ provider: "two" }] } },
      })),
      config: { idleTimeout: "1s", stallTimeout: "2s" },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    odd.close();
  });

  /** "rescued", "word, then broken" ... */
  async function fateOf(model: Guard, stream: boolean, interim: string, fate: string, body: object = {}) {
    const answer = await gateway.ask({ user: `${interim} ${fate}`, model, stream, ...body });
    const words = answer.words.replace(/Hello from two.*/s, "rescued");
    const status = answer.status === 200 ? "" : `${answer.status} ${answer.text}`;
    return [status, words, answer.broken ? "broken" : ""].filter(part => part !== "").join(", ");
  }

  /** Every one of these, all at once. */
  async function expectAll(
    fates: string[],
    { streams = [true, false], interims = Object.keys(HEADS), body = {} },
    expected: (guard: Guard, fate: string) => string,
  ) {
    const cases = GUARDS.flatMap(guard =>
      streams.flatMap(stream =>
        interims.flatMap(interim => fates.map(fate => ({ guard, stream, interim, fate }) as const)),
      ),
    );
    const rows = cases.map(async ({ guard, stream, interim, fate }) => ({
      ...{ guard, stream, interim, fate },
      is: await fateOf(guard, stream, interim, fate, body),
    }));
    const wanted = cases.map(one => ({ ...one, is: expected(one.guard, one.fate) }));
    expect(await Promise.all(rows)).toEqual(wanted);
  }

  it("a stream that goes on no further is rescued where nothing of it has gone out, else it breaks", () =>
    expectAll(
      ["headers, then silence", "a word, then silence", "a word, then comments"],
      { streams: [true] },
      (guard, fate) => {
        const isStarted = fate.startsWith("a word");
        if (guard === "full" || (guard === "first-event" && !isStarted)) return "rescued";
        return isStarted ? "Odd, broken" : "broken";
      },
    ));

  it("what gives nothing of an answer is rescued, also where it takes nothing of a large body", () =>
    Promise.all([
      expectAll(["silence", "a reset", "a failure"], {}, () => "rescued"),
      expectAll(["silence|unread"], { streams: [true], interims: ["103"], body: LARGE }, () => "rescued"),
    ]));
});
