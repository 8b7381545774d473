import { expect, it } from "vitest";
import { DEFAULT_TEXT } from "../../cli/run/default-file.js";
import { Visitor } from "./browser.js";
import { useConsole } from "./console-fixture.js";
import type { ConsoleGateway } from "./console-gateway.js";

const site = useConsole({ text: () => DEFAULT_TEXT.replace(/^listen: .*\n/m, ""), isDefault: true });

/** The words of each language that the way needs. */
const LANGUAGES = {
  "en-US": {
    look: "Look around first with demo providers",
    send: "Send",
    turnOn: /Turn on/,
    apply: "Apply",
    undo: "Undo",
    mend: "Mend all",
  },
  "zh-CN": { look: "先用演示服务商看看", send: "发送", turnOn: /开启/, apply: "应用", undo: "撤销", mend: "全部恢复" },
};

it.each(Object.entries(LANGUAGES))(
  "without a token, from the first page to a rescued answer in 7 clicks: %s",
  async (locale, words) => {
    const context = await site.browser.newContext({ locale });
    const visitor = new Visitor(await context.newPage());
    const { page } = visitor;
    await page.goto(site.gateway.url);

    await visitor.click(words.look);
    await visitor.click(words.send);
    expect(await visitor.answer()).toContain("qwen");

    await visitor.click(/qwen/, page.locator("section", { hasText: "demo-1" }));
    await visitor.click(words.send);
    expect(await visitor.answer()).toContain("401");

    await visitor.click(words.turnOn);
    await visitor.click(words.apply);
    await page.getByRole("button", { name: words.undo }).waitFor();
    await visitor.click(words.send);
    expect(await visitor.answer()).toContain("deepseek-v4-flash");
    expect(visitor.clicks).toBe(7);

    // Back to where it was, with the very same bytes.
    await visitor.click(words.undo);
    await visitor.click(words.mend);
    await expect.poll(() => page.getByRole("button", { name: words.undo }).count()).toBe(0);
    expect(visitor.errors).toEqual([]);
    await context.close();
    await expect.poll(async () => (await fetchModel(site.gateway)).provider, { timeout: 30_000 }).toBe("qwen");
  },
);

async function fetchModel({ gateway }: ConsoleGateway): Promise<{ provider: string | null }> {
  const response = await fetch(`http://127.0.0.1:${gateway.config.listen.port}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "qwen-turbo", messages: [{ role: "user", content: "hi" }] }),
  });
  await response.text();
  return { provider: response.headers.get("x-ai-failover-provider") };
}
