import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic, { APIError as AnthropicError } from "@anthropic-ai/sdk";
import OpenAI, { APIError as OpenAIError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GuardRoom, type Dialect } from "./validator-room.js";
import { eventsOf, recordedBy } from "./streams/all-streams.js";

const strict = new TextDecoder("utf-8", { fatal: true });
let room: GuardRoom;
let server: Server;
let answer: Buffer;
let url: string;

beforeAll(async () => {
  room = await GuardRoom.start();
  server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(answer);
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

/** Reads an answer with the official client; how far it came, and what it raised. */
const clients: Record<string, (seen: unknown[]) => Promise<void>> = {
  chat: async seen => {
    const client = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0, logLevel: "off" });
    for await (const event of await client.chat.completions.create({ model: "m", messages: [], stream: true }))
      seen.push(event);
  },
  completions: async seen => {
    const client = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0, logLevel: "off" });
    for await (const event of await client.completions.create({ model: "m", prompt: "", stream: true }))
      seen.push(event);
  },
  responses: async seen => {
    const client = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0, logLevel: "off" });
    for await (const event of await client.responses.create({ model: "m", input: "", stream: true })) seen.push(event);
  },
  messages: async seen => {
    const client = new Anthropic({ apiKey: "none", baseURL: url, maxRetries: 0, logLevel: "off" });
    for await (const event of await client.messages.create({ model: "m", max_tokens: 1, messages: [], stream: true }))
      seen.push(event);
  },
};

async function readWith(dialect: Dialect, text: Uint8Array) {
  answer = Buffer.from(text);
  const seen: unknown[] = [];
  const raised = await clients[dialect]!(seen).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { seen, raised };
}

const streams = ["OpenAI", "DashScope", "DeepSeek", "OpenAI's completions", "OpenAI's Responses", "Anthropic"];

describe.each(streams.map(recordedBy))("the official client of a stream of $provider", ({ dialect, text }) => {
  const bytes = Buffer.from(text);

  /** The stream as the client gets it when the provider ended it after `size` bytes. */
  const endedAt = (size: number) => {
    const part = bytes.subarray(0, size);
    room.begin({ dialect, mode: "none" });
    room.feed(part);
    room.finish();
    return Buffer.concat([part, room.ending(dialect)]);
  };

  test("reads it to its end when it is complete, and nothing was added", async () => {
    expect(endedAt(bytes.length)).toEqual(bytes);
    expect((await readWith(dialect, bytes)).raised).toBeUndefined();
  });

  test("raises its API error wherever the stream ended before its mark", async () => {
    const APIError = dialect === "messages" ? AnthropicError : OpenAIError;
    room.begin({ dialect });
    const events = eventsOf(text);
    const mark = events.findIndex(chunk => room.feed(chunk) === "ended");
    const end = Buffer.byteLength(
      events
        .slice(0, mark + 1)
        .join("")
        .replace(/\r\n$/, "\r"),
    );
    for (let size = 0; size < end; size++) {
      const whole = endedAt(size);
      const { raised } = await readWith(dialect, whole);
      expect(raised, `${size}: ${whole.subarray(Math.max(0, size - 60)).toString()}`).toBeInstanceOf(APIError);
      expect(String(raised)).toContain("ended before its answer was complete");
      expect(whole.subarray(size).toString()).not.toContain("[DONE]");
      // As the clients for Python decode.
      expect(() => strict.decode(whole), `${size}`).not.toThrow();
    }
  });
});

test("the event that ends a stream of Responses goes on counting", () => {
  const { dialect, text } = recordedBy("OpenAI's Responses");
  room.judge({ dialect }, eventsOf(text).slice(0, 5));
  expect(String(room.ending(dialect))).toMatch(
    /^event: response\.failed\ndata: \{"type":"response\.failed",.*"sequence_number":5\}\n\n$/,
  );
});

test.each([
  ["that has ended", "chat", recordedBy("OpenAI").text, "events"],
  ["that is no stream of events", "chat", '{"choices":[{"mess', "json"],
  ["that cannot be read", "messages", "\u001f\u008b", "opaque"],
] as const)("nothing is added to an answer %s", (_rule, dialect, text, body) => {
  room.judge({ dialect, body, mode: "none" }, [text]);
  expect(room.ending(dialect)).toHaveLength(0);
});
