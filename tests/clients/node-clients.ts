/** The official clients for Node, as their documentation has them called; their own second tries are off, so that each call is one. */
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { Ask, Shown } from "./client-scenarios.js";

/** Reads words until they end or something is raised. */
async function read(words: AsyncIterable<string>): Promise<Shown> {
  let said = "";
  try {
    for await (const word of words) said += word;
    return { said, error: "" };
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? ` (${cause.message})` : "";
    return { said, error: `${(error as Error).constructor.name}: ${message}${why}` };
  }
}

const openai = (url: string) => new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0, logLevel: "off" });

const chat: Ask = (url, model) =>
  read(
    (async function* () {
      const messages = [{ role: "user" as const, content: "Hello" }];
      const stream = await openai(url).chat.completions.create({ model, messages, stream: true });
      for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? "";
    })(),
  );

const responses: Ask = (url, model) =>
  read(
    (async function* () {
      const stream = await openai(url).responses.create({ model, input: "Hello", stream: true });
      for await (const event of stream) if (event.type === "response.output_text.delta") yield event.delta;
    })(),
  );

const anthropic: Ask = (url, model) =>
  read(
    (async function* () {
      const client = new Anthropic({ apiKey: "none", baseURL: url, maxRetries: 0, logLevel: "off" });
      const messages = [{ role: "user" as const, content: "Hello" }];
      const stream = await client.messages.create({ model, max_tokens: 100, messages, stream: true });
      for await (const event of stream)
        if (event.type === "content_block_delta" && event.delta.type === "text_delta") yield event.delta.text;
    })(),
  );

export const NODE_CLIENTS: Record<string, Ask> = {
  "openai for Node, chat": chat,
  "openai for Node, Responses": responses,
  "@anthropic-ai/sdk for Node": anthropic,
};
