import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseFault } from "../../cli/demo/demo-fault.js";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";

const messages = [{ role: "user" as const, content: "hi" }];
let provider: DemoProvider;
let client: OpenAI;

beforeAll(async () => {
  provider = await startDemoProvider({ name: "qwen", tokens: ["good", "second"], models: ["qwen-turbo"], pace: 1 });
  client = new OpenAI({ baseURL: provider.url, apiKey: "good", maxRetries: 0 });
});
beforeEach(async () => {
  await provider.reset();
  provider.requests.length = 0;
});
afterAll(() => provider.close());

async function ask(fields: object = {}, token = "good"): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`${provider.url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ model: "qwen-turbo", messages, ...fields }),
    signal: AbortSignal.timeout(300),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe("a demo provider answers the official clients", () => {
  it("names itself, the model and the token in a plain chat answer", async () => {
    const answer = await client.chat.completions.create({ model: "qwen-turbo", messages });
    expect(answer.choices[0]!.message.content).toBe("Hello from qwen, model qwen-turbo, token 1.");
    expect(answer.usage!.completion_tokens).toBeGreaterThan(0);
  });

  it("streams word by word and tells the usage at the end when it is asked to", async () => {
    const stream = await client.chat.completions.create({
      ...{ model: "qwen-turbo", messages, stream: true, stream_options: { include_usage: true } },
    });
    const words: string[] = [];
    let usage;
    for await (const chunk of stream) {
      words.push(chunk.choices[0]?.delta.content ?? "");
      usage = chunk.usage ?? usage;
    }
    expect(words.filter(Boolean).length).toBeGreaterThan(5);
    expect(words.join("")).toContain("Hello from qwen");
    expect(usage!.total_tokens).toBeGreaterThan(0);
  });

  it("answers completions, embeddings, responses and the list of models", async () => {
    const completion = await client.completions.create({ model: "qwen-turbo", prompt: "hi" });
    expect(completion.choices[0]!.text).toContain("Hello from qwen");
    const embedding = await client.embeddings.create({ model: "e", input: "hi", encoding_format: "float" });
    expect(embedding.data[0]!.embedding).toHaveLength(3);
    expect((await client.responses.create({ model: "qwen-turbo", input: "hi" })).output_text).toContain("qwen");
    expect((await client.models.list()).data.map(model => model.id)).toEqual(["qwen-turbo"]);
  });

  it("streams the Responses API up to its completed event", async () => {
    const types: string[] = [];
    for await (const event of await client.responses.create({ model: "m", input: "hi", stream: true }))
      types.push(event.type);
    expect([types[0], types.at(-1)]).toEqual(["response.created", "response.completed"]);
  });

  it("speaks Anthropic's dialect on /v1/messages, streamed and not", async () => {
    const anthropic = new Anthropic({ baseURL: provider.url.replace("/v1", ""), apiKey: "second", maxRetries: 0 });
    const request = { model: "claude-x", max_tokens: 10, messages };
    const plain = await anthropic.messages.create(request);
    expect(plain.content[0]).toMatchObject({ type: "text", text: "Hello from qwen, model claude-x, token 2." });
    expect(await anthropic.messages.stream(request).finalText()).toContain("Hello from qwen");
    await provider.set("*", "401");
    await expect(anthropic.messages.create(request)).rejects.toThrow("authentication_error");
  });
});

describe("what it was asked is on record", () => {
  it("keeps headers, token, body and model of each request, and whether the answer went out", async () => {
    await ask({ stream: true }, "second");
    expect(provider.requests).toHaveLength(1);
    const [request] = provider.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/chat/completions", token: "second", tokenNumber: 2 });
    expect(request).toMatchObject({ model: "qwen-turbo", stream: true, answered: true, aborted: false });
    expect(JSON.parse(request!.body.toString())).toMatchObject({ messages });
    expect(request!.headers["content-type"]).toBe("application/json");
  });

  it("reads the model of a multipart body", async () => {
    const form = new FormData();
    form.set("file", new Blob(["sound"]), "a.wav");
    form.set("model", "whisper");
    const headers = { authorization: "Bearer good" };
    await fetch(`${provider.url}/audio/transcriptions`, { method: "POST", headers, body: form });
    expect(provider.requests[0]!.model).toBe("whisper");
  });
});

describe("faults before the headers", () => {
  it("refuses a token that is not its own with the provider's error body", async () => {
    const { status, text } = await ask({}, "wrong");
    expect(status).toBe(401);
    expect(JSON.parse(text).error).toMatchObject({ code: "invalid_api_key" });
  });

  it("refuses a body that is no JSON with a 400", async () => {
    const headers = { authorization: "Bearer good", "content-type": "application/json" };
    const response = await fetch(`${provider.url}/chat/completions`, { method: "POST", headers, body: '{"model":' });
    expect(response.status).toBe(400);
  });

  it("fails one token by its number and spares the other", async () => {
    await provider.set(1, "503");
    expect((await ask({}, "good")).status).toBe(503);
    expect((await ask({}, "second")).status).toBe(200);
  });

  it("says when to come back", async () => {
    await provider.set("good", { kind: "status", status: 429, retryAfter: "2" });
    const { status, headers } = await ask();
    expect([status, headers.get("retry-after")]).toEqual([429, "2"]);
  });

  it("fails as many times as it was told, then is well again", async () => {
    await provider.set("*", { kind: "status", status: 500, times: 2 });
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([500, 500, 200]);
  });

  it("resets a connection, and hangs", async () => {
    await provider.set("*", "reset");
    await expect(ask()).rejects.toThrow("fetch failed");
    await provider.set("*", "hang");
    await expect(ask()).rejects.toThrow(/timeout/i);
  });

  it("waits as long as it was told", async () => {
    await provider.set("*", "slow 100ms");
    const start = performance.now();
    expect((await ask()).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(90);
  });

  it("closes its port, and opens the same one again", async () => {
    await provider.set("*", "refused");
    await expect(ask()).rejects.toThrow("fetch failed");
    await provider.set("*", "ok");
    expect((await ask()).status).toBe(200);
  });
});

describe("faults after the headers", () => {
  it.each([true, false])("ends cleanly in the middle (stream %s)", async stream => {
    await provider.set("*", "truncated");
    const { status, text } = await ask({ stream });
    expect(status).toBe(200);
    expect(text).not.toMatch(/\[DONE\]|"finish_reason":"stop"/);
    expect(text).toMatch(/^(data: )?\{/);
  });

  it.each([
    ["cut", true],
    ["cut", false],
    ["stall", true],
    ["stall", false],
    ["silent", true],
    ["keep-alive", true],
  ])("never comes to an end (%s, stream %s)", async (fault, stream) => {
    await provider.set("*", fault);
    await expect(ask({ stream })).rejects.toThrow(/terminated|aborted|timeout/i);
    expect(provider.requests[0]).toMatchObject({ answered: false });
  });

  it("sends as many events before the break as it was told", async () => {
    await provider.set("*", { kind: "truncated", after: 2 });
    expect((await ask({ stream: true })).text.match(/data: /g)).toHaveLength(2);
  });

  it.each([
    ["error-in-200", true, /^data: \{"error":/],
    ["error-in-200", false, /^\{"error":/],
    ["empty", true, /^$/],
    ["empty", false, /^$/],
    ["garbage", false, /^<!doctype html>/],
  ])("answers 200 with something else inside (%s, stream %s)", async (fault, stream, body) => {
    await provider.set("*", fault);
    const { status, text } = await ask({ stream });
    expect(status).toBe(200);
    expect(text).toMatch(body);
  });
});

describe("a fault as a person types it", () => {
  it.each([
    [["401"], undefined, { kind: "status", status: 401 }],
    [["429"], "7", { kind: "status", status: 429, retryAfter: "7" }],
    [["slow", "2s"], undefined, { kind: "slow", delay: 2000 }],
    [["cut"], undefined, { kind: "cut" }],
  ])("reads %j (Retry-After %s)", (words, retryAfter, fault) => {
    expect(parseFault(words, retryAfter)).toEqual(fault);
  });

  it.each([
    [["sulk"], undefined, "known are"],
    [["99"], undefined, "known are"],
    [["toString"], undefined, "known are"],
    [["cut", "2s"], undefined, "only slow"],
    [["slow", "soon"], undefined, "only slow"],
    [["hang"], "3", "belongs to a status"],
    [["429"], "2s", "a number of seconds, or a date"],
  ])("refuses %j with Retry-After %s", (words, retryAfter, message) => {
    expect(() => parseFault(words, retryAfter)).toThrow(message);
  });
});
