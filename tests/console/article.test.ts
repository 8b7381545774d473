import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Visitor } from "./browser.js";
import { useConsole } from "./console-fixture.js";

const GOOD = { qwen: "sk-qwen-good-1", deepseek: "sk-deepseek-good" };
/** On a machine that is busy with other things. */
const PATIENT = { timeout: 30_000 };
const WRONG = "sk-qwen-wrong-token";

/** The words of each language that the way needs. */
const LANGUAGES = {
  "en-US": {
    tokens: "Tokens, one a line",
    testAndSave: "Test and save",
    works: "works",
    second: "Add a second provider, for fallback",
    tryHere: "Try it here",
    tryIt: "Try it",
    send: "Send",
    sendFive: "Send 5 times",
    routes: "Routes",
    turnOn: /Turn on: qwen/,
    apply: "Apply",
    providers: "Providers",
    replace: "Replace",
    saveOnly: "Save without a test",
    addTokens: "Add tokens",
    by: "by",
  },
  "zh-CN": {
    tokens: "Token，每行一个",
    testAndSave: "测试并保存",
    works: "可用",
    second: "再添加一个服务商用于兜底",
    tryHere: "在这里试用",
    tryIt: "试用",
    send: "发送",
    sendFive: "发送 5 次",
    routes: "路由",
    turnOn: /开启：qwen/,
    apply: "应用",
    providers: "服务商",
    replace: "更换",
    saveOnly: "不测试直接保存",
    addTokens: "添加 Token",
    by: "来自",
  },
};

describe.each(Object.entries(LANGUAGES))("in %s", (locale, words) => {
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
    const context = await site.browser.newContext({ locale });
    const visitor = new Visitor(await context.newPage());
    const { page } = visitor;
    const paste = (text: string) => page.getByLabel(words.tokens).fill(text);
    const openPage = (name: string) => visitor.click(name, page.getByRole("navigation"));
    const isSaved = () => page.getByLabel(words.tokens).waitFor({ state: "detached" });
    const works = () => page.locator(".rows").getByText(words.works, { exact: true }).first().waitFor();
    await page.goto(`${site.gateway.url}/start`);

    // Tokens of two providers.
    await paste(GOOD.qwen);
    await visitor.click(words.testAndSave);
    await works();
    await visitor.click(words.second);
    await paste(GOOD.deepseek);
    await visitor.click(words.testAndSave);
    await works();

    // Both models answer.
    await visitor.click(words.tryHere);
    await visitor.click("qwen-turbo");
    await visitor.click(words.send);
    expect(await visitor.answer()).toContain(`${words.by} qwen`);
    await visitor.click("deepseek-chat");
    await visitor.click(words.send);
    await expect.poll(() => visitor.answer(), PATIENT).toContain(`${words.by} deepseek`);

    // Model fallback on, and a wrong token.
    await openPage(words.routes);
    await visitor.click(words.turnOn);
    await visitor.click(words.apply);
    await page.getByRole("button", { name: words.turnOn }).waitFor({ state: "detached" });
    await openPage(words.providers);
    await visitor.click("qwen");
    await visitor.click(words.replace);
    await paste(WRONG);
    await visitor.click(words.saveOnly);
    await isSaved();
    await openPage(words.tryIt);
    await visitor.click(words.send);
    const rescued = await visitor.answer();
    expect(rescued).toContain(`${words.by} deepseek`);
    expect(rescued).toContain("401");

    // A good token beside the wrong one: qwen answers every time.
    await openPage(words.providers);
    await visitor.click("qwen");
    await visitor.click(words.addTokens);
    await paste(GOOD.qwen);
    await visitor.click(words.testAndSave);
    await isSaved();
    await openPage(words.tryIt);
    await visitor.click(words.sendFive);
    await expect.poll(() => page.locator("article.run[aria-busy=false]").count(), PATIENT).toBe(5);
    for (const text of await page.locator("article.run").allInnerTexts()) expect(text).toContain(`${words.by} qwen`);

    // Both together: the good one goes wrong as well, and deepseek answers again.
    await openPage(words.providers);
    await visitor.click("qwen");
    await visitor.click(words.replace, page.locator(".rows.tall > li", { hasText: "qwen-1" }));
    await paste(`${WRONG}-2`);
    await visitor.click(words.saveOnly);
    await isSaved();
    await openPage(words.tryIt);
    await visitor.click(words.send);
    await expect.poll(() => visitor.answer(), PATIENT).toContain(`${words.by} deepseek`);

    expect(visitor.clicks).toBeLessThanOrEqual(32);
    expect(visitor.errors).toEqual([]);

    // What was typed is nowhere but in files for their owner.
    const seen = (await page.content()) + site.gateway.said.join("\n") + readFileSync(site.gateway.file, "utf8");
    for (const secret of [GOOD.qwen, GOOD.deepseek, WRONG]) expect(seen).not.toContain(secret);
    const secrets = join(site.gateway.directory, "secrets");
    for (const file of readdirSync(secrets)) expect(statSync(join(secrets, file)).mode & 0o777).toBe(0o600);
    await context.close();
  });
});
