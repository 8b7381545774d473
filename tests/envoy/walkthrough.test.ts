import OpenAI from "openai";
import { beforeEach, describe, expect, it } from "vitest";
import { ALL_HOSTS, startGateway, type Gateway } from "./running-gateway.js";

const messages = [{ role: "user" as const, content: "Hello" }];

/** What the article that started this project does by hand, with the official client. */
describe.each(ALL_HOSTS)("the article's walkthrough in $mode mode, on Envoy $version", ({ mode, version }) => {
  let gateway: Gateway;
  let client: OpenAI;

  const start = (fallback: boolean) =>
    startGateway({
      ...{ mode, version },
      providers: {
        qwen: { tokens: ["qwen-1", "qwen-2", "qwen-3"], config: { type: "qwen" } },
        deepseek: { tokens: ["deepseek-1", "deepseek-2"], config: { type: "deepseek" } },
      },
      routes: [
        {
          name: "aliyun",
          modelPredicates: [{ matchType: "PRE", matchValue: "qwen-" }],
          upstreams: [{ provider: "qwen" }],
          fallbackConfig: {
            enabled: fallback,
            upstreams: [{ provider: "deepseek", modelMapping: { "*": "deepseek-chat" } }],
          },
        },
        {
          name: "deepseek",
          modelPredicates: [{ matchType: "PRE", matchValue: "deepseek-" }],
          upstreams: [{ provider: "deepseek" }],
        },
      ],
    });
  const connect = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "a key of the client", maxRetries: 0 });
  const say = async (model: string) =>
    (await client.chat.completions.create({ model, messages })).choices[0]?.message.content;
  const stream = async (model: string) => {
    const words: string[] = [];
    for await (const event of await client.chat.completions.create({ model, messages, stream: true }))
      words.push(event.choices[0]?.delta.content ?? "");
    return words.filter(word => word !== "");
  };
  /** Tokens that met requests, in order. */
  const met = (provider: string) => gateway.providers[provider]!.requests.map(({ tokenNumber }) => tokenNumber);

  describe("with the fallback off", () => {
    beforeEach(async () => {
      gateway = await start(false);
      client = connect();
      return () => gateway.stop();
    });

    it("serves two providers by the same URL, told apart by the model's prefix", async () => {
      expect(await say("qwen-turbo")).toMatch("Hello from qwen, model qwen-turbo");
      expect(await say("deepseek-chat")).toMatch("Hello from deepseek, model deepseek-chat");
    });

    it.each([false, true])("goes on with a good token, and meets the wrong ones once (stream: %s)", async streamed => {
      await gateway.providers.qwen!.set(1, "401");
      await gateway.providers.qwen!.set(2, "401");
      const answer = async () => (streamed ? (await stream("qwen-turbo")).join("") : say("qwen-turbo"));
      for (let i = 0; i < 20; i++) expect(await answer()).toMatch("Hello from qwen");
      const tokens = met("qwen");
      expect(tokens.filter(token => token === 1).length).toBe(1);
      expect(tokens.filter(token => token === 2).length).toBe(1);
      expect(met("deepseek")).toEqual([]);
    });
  });

  describe("with the fallback on", () => {
    beforeEach(async () => {
      gateway = await start(true);
      client = connect();
      return () => gateway.stop();
    });

    it("answers with the fallback's model when every token of qwen is wrong, after trying each", async () => {
      await gateway.providers.qwen!.set("*", "401");
      expect(await say("qwen-turbo")).toMatch("Hello from deepseek, model deepseek-chat");
      expect(met("qwen").sort()).toEqual([1, 2, 3]);
    });

    it("rescues a stream the same way", async () => {
      await gateway.providers.qwen!.set("*", "401");
      const words = await stream("qwen-turbo");
      expect(words.join("")).toMatch("Hello from deepseek, model deepseek-chat");
      expect(words.length).toBeGreaterThan(3);
    });

    it.runIf(mode !== "callout")("really streams the rescued stream", async () => {
      await gateway.providers.qwen!.set("*", "401");
      await gateway.providers.deepseek!.set("*", "stall");
      const events: string[] = [];
      const controller = new AbortController();
      const answer = await client.chat.completions.create(
        { model: "qwen-turbo", messages, stream: true },
        { signal: controller.signal },
      );
      // The provider never ends this stream: what we read came while it was under way.
      for await (const event of answer) {
        events.push(event.choices[0]?.delta.content ?? "");
        if (events.join("").includes("deepseek")) break;
      }
      controller.abort();
      expect(events.join("")).toMatch("Hello from deepseek");
    });

    it("says what was tried when everything fails", async () => {
      await gateway.providers.qwen!.set("*", "401");
      await gateway.providers.deepseek!.set("*", "500");
      await expect(say("qwen-turbo")).rejects.toMatchObject({
        status: 503,
        code: "all_attempts_failed",
        message: expect.stringMatching(/qwen\/t\d;status=401;cause=credential.*deepseek\/t\d;status=500/),
      });
    });
  });
});
