import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Visitor } from "./browser.js";
import { useConsole } from "./console-fixture.js";

const GOOD = { qwen: "sk-qwen-good-1", deepseek: "sk-deepseek-good" };
const WRONG = "sk-qwen-wrong-token";

const site = useConsole({
  // The file of a first start, with addresses on this machine.
  text: ([qwen, deepseek]) => `providers:
  - type: qwen
    url: ${qwen}
    apiTokens: ["\${DASHSCOPE_API_KEY}"]
    models: [qwen-turbo]
    failover: { healthCheckInterval: 60s }
  - type: deepseek
    url: ${deepseek}
    apiTokens: ["\${DEEPSEEK_API_KEY}"]
    models: [deepseek-chat]
routes:
  - name: aliyun
    modelPredicates: [{ matchType: PRE, matchValue: "qwen-" }]
    upstreams: [{ provider: qwen }]
    fallbackConfig:
      enabled: false
      upstreams: [{ provider: deepseek, modelMapping: { "*": deepseek-chat } }]
  - name: deepseek
    modelPredicates: [{ matchType: PRE, matchValue: "deepseek-" }]
    upstreams: [{ provider: deepseek }]
`,
  tokens: { qwen: [GOOD.qwen], deepseek: [GOOD.deepseek] },
  isDefault: true,
});

it("the article's walkthrough: model fallback, token fallback and both, without touching the file, in 32 clicks", async () => {
  const visitor = new Visitor(await (await site.browser.newContext({ locale: "en-US" })).newPage());
  const { page } = visitor;
  const paste = (text: string) => page.getByLabel("Tokens, one a line").fill(text);
  const openProviders = () => visitor.click("Providers", page.getByRole("navigation"));
  const openTry = () => visitor.click("Try it", page.getByRole("navigation"));
  await page.goto(`${site.gateway.url}/start`);

  // Tokens of two providers.
  await paste(GOOD.qwen);
  await visitor.click("Test and save");
  await page.getByText("works", { exact: true }).waitFor();
  await visitor.click("Add a second provider, for fallback");
  await paste(GOOD.deepseek);
  await visitor.click("Test and save");
  await page.getByText("works", { exact: true }).waitFor();

  // Both models answer.
  await visitor.click("Try it here");
  await visitor.click("qwen-turbo");
  await visitor.click("Send");
  expect(await visitor.answer()).toContain("answered by qwen");
  await visitor.click("deepseek-chat");
  await visitor.click("Send");
  await expect.poll(() => visitor.answer()).toContain("answered by deepseek");

  // Model fallback on, and a wrong token.
  await visitor.click("Routes", page.getByRole("navigation"));
  await visitor.click(/Turn on: qwen/);
  await visitor.click("Apply");
  await page.getByRole("button", { name: /Turn on/ }).waitFor({ state: "detached" });
  await openProviders();
  await visitor.click("qwen");
  await visitor.click("Replace");
  await paste(WRONG);
  await visitor.click("Save without a test");
  await page.getByLabel("Tokens, one a line").waitFor({ state: "detached" });
  await openTry();
  await visitor.click("Send");
  const rescued = await visitor.answer();
  expect(rescued).toContain("answered by deepseek");
  expect(rescued).toContain("401");

  // A good token beside the wrong one: qwen answers every time.
  await openProviders();
  await visitor.click("qwen");
  await visitor.click("Add tokens");
  await paste(GOOD.qwen);
  await visitor.click("Test and save");
  await page.getByText("works", { exact: true }).waitFor();
  await openTry();
  await visitor.click("Send 5 times");
  await expect.poll(() => page.locator("article.run[aria-busy=false]").count()).toBe(5);
  for (const text of await page.locator("article.run").allInnerTexts()) expect(text).toContain("answered by qwen");

  expect(visitor.clicks).toBeLessThanOrEqual(32);
  expect(visitor.errors).toEqual([]);

  // What was typed is nowhere but in files for their owner.
  const seen = (await page.content()) + site.gateway.said.join("\n") + readFileSync(site.gateway.file, "utf8");
  for (const secret of [GOOD.qwen, GOOD.deepseek, WRONG]) expect(seen).not.toContain(secret);
  const secrets = join(site.gateway.directory, "secrets");
  for (const file of readdirSync(secrets)) expect(statSync(join(secrets, file)).mode & 0o777).toBe(0o600);
});
