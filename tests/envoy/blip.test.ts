import { createServer, type Server } from "node:http";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { HOSTS, freePorts, startGateway, type Gateway } from "./running-gateway.js";

/** How long the provider is away, ms: from before a call until some time in it. */
const BLIPS = [100, 250, 400, 600, 800, 1000];
const ANSWER = JSON.stringify({
  ...{ id: "c", object: "chat.completion", created: 1, model: "gpt-m" },
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
});

/** A provider that can be away: nobody listens on its port. */
class Provider {
  private server: Server | undefined;
  constructor(readonly port: number) {}

  async come(): Promise<void> {
    this.server = createServer((request, response) => {
      request.resume().on("end", () => response.setHeader("content-type", "application/json").end(ANSWER));
    });
    await new Promise<void>(done => this.server!.listen(this.port, "127.0.0.1", done));
  }

  async leave(): Promise<void> {
    const gone = new Promise(done => this.server!.close(done));
    this.server!.closeAllConnections();
    await gone;
  }
}

describe.each(HOSTS)("a provider that is away for a moment, in $mode mode, on Envoy $version,", ({ version }) => {
  let gateway: Gateway | undefined;
  let provider: Provider;
  afterEach(async () => {
    await gateway?.stop();
    await provider.leave();
  });

  it("costs the official client no call, as without the gateway", async () => {
    const [port] = await freePorts(1);
    provider = new Provider(port!);
    await provider.come();
    const url = `http://127.0.0.1:${port}/v1`;
    gateway = await startGateway({
      ...{ version, providers: {} },
      config: { providers: [{ id: "one", type: "openai", url, apiTokens: ["sk-one-of-the-test"] }] },
    });
    for (const baseURL of [url, `${gateway.url}/v1`]) {
      const client = new OpenAI({ baseURL, apiKey: "any" });
      const call = () => client.chat.completions.create({ model: "gpt-m", messages: [] });
      await call();
      let served = 0;
      for (const ms of BLIPS) {
        await provider.leave();
        const back = new Promise(done => setTimeout(done, ms)).then(() => provider.come());
        const answer = await call().catch((error: unknown) => String(error));
        if (typeof answer !== "string" && answer.choices[0]!.message.content === "Hello") served++;
        await back;
      }
      expect(served).toBe(BLIPS.length);
    }
  });
});
