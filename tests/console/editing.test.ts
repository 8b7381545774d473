import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, beforeEach, expect, it } from "vitest";
import type { ConsoleState } from "../../cli/console/console-types.js";
import { useConsole, useVisitor } from "./console-fixture.js";

const MANY = 1000;

const text = () => `providers:
  - type: qwen
    url: http://127.0.0.1:9/v1
    apiTokens: [{ name: main, value: sk-qwen-00000000 }] # one
  - type: deepseek
    url: http://127.0.0.1:9/v1
    apiTokens: [{ name: main, value: sk-deepseek-0000 }]
  - type: moonshot
    url: http://127.0.0.1:9/v1
    apiTokens: [{ name: main, value: sk-moonshot-0000 }]
  - id: crowd
    type: openai
    url: http://127.0.0.1:9/v1
    apiTokens:
${Array.from({ length: MANY }, (_, i) => `      - { name: t${i}, value: sk-crowd-${String(i).padStart(8, "0")} }`).join("\n")}
routes:
  - name: aliyun
    modelPredicates: [{ matchType: PRE, matchValue: "qwen-" }]
    upstreams: [{ provider: qwen }]
    fallbackConfig:
      enabled: true
      upstreams: [{ provider: deepseek }, { provider: moonshot }]
  - name: crowd
    upstreams: [{ provider: crowd }]
`;

const site = useConsole({ text, isDefault: false });
let original: string;
beforeAll(() => {
  original = readFileSync(site.gateway.file, "utf8");
});
beforeEach(async () => {
  writeFileSync(site.gateway.file, original);
  await site.gateway.gateway.readNow();
});
const tab = useVisitor(site);

const fallbackOrder = (at = 0) =>
  [
    ...readFileSync(site.gateway.file, "utf8")
      .split("\nroutes:")[1]!
      .matchAll(/provider: (\w+)/g),
  ]
    .map(([, id]) => id)
    .slice(at);
const hops = () => tab.visitor.page.locator("section", { hasText: "fallbackConfig.enabled" }).locator(".hops li");
const order = () =>
  hops()
    .locator("select")
    .evaluateAll(list => list.map(select => (select as HTMLSelectElement).value));

it("hops are put in order by keyboard, by buttons and by dragging, and the order is spoken", async () => {
  const { page } = tab.visitor;
  await page.goto(`${site.gateway.url}/routes/0`);
  await hops().first().locator("select").focus();
  await page.keyboard.press("Alt+ArrowDown");
  expect(await order()).toEqual(["moonshot", "deepseek"]);
  await page.getByRole("status").getByText("deepseek is now 2").waitFor();
  await page.keyboard.press("Alt+ArrowUp");
  expect(await order()).toEqual(["deepseek", "moonshot"]);
  await page.getByRole("button", { name: "Move up" }).last().click();
  expect(await order()).toEqual(["moonshot", "deepseek"]);
  await hops().first().locator(".grip").dragTo(hops().last());
  expect(await order()).toEqual(["deepseek", "moonshot"]);
  await page.getByRole("button", { name: "Move down" }).first().click();
  await tab.visitor.click("Apply");
  await page.getByRole("heading", { name: "Routes" }).waitFor();
  expect(fallbackOrder()).toEqual(["qwen", "moonshot", "deepseek", "crowd"]);
});

it("who edits while another saves is told, keeps what was typed, and takes nothing back", async () => {
  const { page } = tab.visitor;
  await page.goto(`${site.gateway.url}/providers/deepseek`);
  await page.getByLabel("Health check every").fill("7s");
  await page
    .getByText(/lines? added/)
    .first()
    .waitFor();
  // Another person, by hand, before it in the file: places have moved.
  writeFileSync(
    site.gateway.file,
    original.replace("  - type: deepseek", "  - { type: mistral, apiTokens: [sk-mistral-000] }\n  - type: deepseek"),
  );
  await page.getByText("The file was saved at").waitFor();
  expect(await page.getByLabel("Health check every").inputValue()).toBe("7s");
  await tab.visitor.click("Apply");
  await expect.poll(() => readFileSync(site.gateway.file, "utf8")).toContain("healthCheckInterval: 7s");
  const saved = readFileSync(site.gateway.file, "utf8");
  expect(saved).toContain("mistral");
  expect(saved.indexOf("healthCheckInterval")).toBeGreaterThan(saved.indexOf("type: deepseek"));
  expect(saved.indexOf("healthCheckInterval")).toBeLessThan(saved.indexOf("type: moonshot"));
});

it("a file that is edited by hand shows at once, and its mistakes too, while what was served goes on", async () => {
  const { page } = tab.visitor;
  await page.goto(`${site.gateway.url}/routes`);
  await page.getByRole("heading", { name: "aliyun" }).waitFor();
  writeFileSync(site.gateway.file, original.replace("name: aliyun", "name: renamed"));
  await page.getByRole("heading", { name: "renamed" }).waitFor();
  writeFileSync(site.gateway.file, original.replace("provider: qwen }]", "provider: qwem }]"));
  await page.getByText("has mistakes; what was served before goes on").waitFor();
  await page.goto(`${site.gateway.url}/overview`);
  await page.getByText(/qwem/).first().waitFor();
});

it("a thousand tokens are a list that stays smooth: those that are not live first, one opened at a time", async () => {
  const { page } = tab.visitor;
  await page.goto(`${site.gateway.url}/providers`);
  await page.getByRole("link", { name: `All ${MANY} tokens` }).click();
  const rows = page.locator(".token-row");
  await rows.first().waitFor();
  expect(await rows.count()).toBeLessThan(100);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.mouse.wheel(0, -4000);
  await expect.poll(() => rows.first().innerText()).toMatch(/t[5-9]\d\d/);
  await page.getByLabel("Find a token by its name").fill("t777");
  await expect.poll(() => rows.count()).toBe(1);
  await tab.visitor.click("Details: t777");
  await tab.visitor.click("Take out");
  await tab.visitor.click("until brought back");
  await page.getByText("taken out").first().waitFor();
  await page.getByLabel("Find a token by its name").fill("");
  await page.getByLabel("only those that are not live").check();
  await expect.poll(() => rows.count()).toBe(1);
  await page.goto(`${site.gateway.url}/overview`);
  await page.getByText(`${MANY + 2} more tokens were live all the time.`).waitFor({ timeout: 15_000 });
});

it.each([
  ["a file that is read-only", (state: ConsoleState) => (state.file.isReadOnly = true), "is read-only here"],
  ["a gateway that is down", (state: ConsoleState) => (state.gateway.isUp = false), "The gateway does not answer."],
])("%s is said in plain words", async (_, change, words) => {
  const { page } = tab.visitor;
  // Later states would tell the truth.
  await page.addInitScript(() => {
    Object.assign(globalThis, {
      EventSource: class {
        addEventListener() {}
        close() {}
      },
    });
  });
  await page.route("**/api/state", async route => {
    const response = await route.fetch();
    const state = (await response.json()) as ConsoleState;
    change(state);
    await route.fulfill({ json: state });
  });
  await page.goto(`${site.gateway.url}/providers/deepseek`);
  await page.getByLabel("Health check every").fill("7s");
  await page.getByText(words).first().waitFor();
});
