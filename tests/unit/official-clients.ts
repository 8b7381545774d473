/** The official clients of the APIs, as judges of an answer: what their user sees of it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { Dialect } from "./validator-room.js";

export interface Given {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** "reset": the transfer breaks off. */
  ended?: string | undefined;
}

export interface Reader {
  /** How far the client of this dialect comes with an answer, streamed or in one piece, and what it raises. */
  read(dialect: Dialect, answer: Given, isStream?: boolean): Promise<{ seen: unknown[]; raised: unknown }>;
  close(): void;
}

export async function startReader(): Promise<Reader> {
  let given: Given;
  const server = createServer((_request, response) => {
    const { "content-length": _, ...headers } = given.headers;
    // Without "connection: close": behind that undici takes a transfer that breaks off for one that is complete.
    response.writeHead(given.status, headers);
    if (given.ended !== "reset") response.end(given.text);
    else response.write(given.text, () => setTimeout(() => response.destroy(), 10));
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const openai = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0, logLevel: "off" });
  const anthropic = new Anthropic({ apiKey: "none", baseURL: url, maxRetries: 0, logLevel: "off" });
  const streams: Record<string, () => PromiseLike<AsyncIterable<unknown>>> = {
    chat: () => openai.chat.completions.create({ model: "m", messages: [], stream: true }),
    completions: () => openai.completions.create({ model: "m", prompt: "", stream: true }),
    responses: () => openai.responses.create({ model: "m", input: "", stream: true }),
    messages: () => anthropic.messages.create({ model: "m", max_tokens: 1, messages: [], stream: true }),
  };
  const plain: Record<string, () => PromiseLike<unknown>> = {
    chat: () => openai.chat.completions.create({ model: "m", messages: [] }),
    completions: () => openai.completions.create({ model: "m", prompt: "" }),
    responses: () => openai.responses.create({ model: "m", input: "" }),
    messages: () => anthropic.messages.create({ model: "m", max_tokens: 1, messages: [] }),
  };
  return {
    async read(dialect, answer, isStream = true) {
      given = answer;
      const seen: unknown[] = [];
      try {
        if (!isStream) return { seen: [await plain[dialect]!()], raised: undefined };
        for await (const event of await streams[dialect]!()) seen.push(event);
        return { seen, raised: undefined };
      } catch (raised) {
        return { seen, raised };
      }
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
