import { expect, it } from "vitest";
import { StatusClient } from "../../cli/status/status-client.js";
import { useConsole, useVisitor } from "./console-fixture.js";

const TOKENS = ["sk-first-11111111", "sk-second-2222222", "sk-other-33333333"];
const PROMPT = "a prompt that nobody keeps";
/** What a hostile provider says, and a client asks for. */
const MARKUP = `<img src=x onerror="document.title='taken'">`;

const site = useConsole({
  text: ([qwen, deepseek]) => `providers:
  - type: qwen
    url: ${qwen}
    apiTokens: [{ name: first, value: ${TOKENS[0]} }, { name: second, value: ${TOKENS[1]} }]
    models: [qwen-turbo]
    failover: { healthCheckInterval: 60s }
  - type: deepseek
    url: ${deepseek}
    apiTokens: [{ name: main, value: ${TOKENS[2]} }]
    models: [deepseek-chat]
routes:
  - name: aliyun
    modelPredicates: [{ matchType: PRE, matchValue: "qwen-" }]
    upstreams: [{ provider: qwen }]
    fallbackConfig:
      upstreams: [{ provider: deepseek, modelMapping: { "*": deepseek-chat } }]
  - name: bare
    modelPredicates: [{ matchType: PRE, matchValue: "deepseek-" }]
    upstreams: [{ provider: deepseek }]
`,
  tokens: { qwen: TOKENS.slice(0, 2), deepseek: TOKENS.slice(2) },
  isDefault: false,
});
const tab = useVisitor(site);

async function ask(model: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${site.gateway.gateway.config.listen.port}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: PROMPT }] }),
  });
  await response.text();
}

it("the last requests come in, can be filtered, and one opened tells why it went on and why it stopped", async () => {
  const { page } = tab.visitor;
  await page.goto(`${site.gateway.url}/requests`);
  await page.getByText("No request has come yet.").waitFor();
  await ask("qwen-turbo");
  const rows = page.locator(".request-row");
  await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(1);
  expect(await rows.first().innerText()).toContain("served");

  await site.providers[0]!.set("*", "401");
  await ask("qwen-turbo");
  await ask(`unknown-${MARKUP}`);
  await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(3);

  await page.getByLabel("Outcome").selectOption("rescued");
  await expect.poll(() => rows.count()).toBe(1);
  await page.getByLabel("Cause").selectOption("credential");
  expect(page.url()).toContain("outcome=rescued&cause=credential");
  await page.reload();
  await expect.poll(() => rows.count()).toBe(1);

  await rows.first().getByRole("link").click();
  const opened = page.locator(".opened");
  const details = await opened.innerText();
  expect(details).toContain("rescued");
  expect(details).toMatch(/qwen \/ (first|second)/);
  expect(details).toContain("Went on: another token of qwen could be asked.");
  expect(details).toContain("Went on to deepseek / main: no other token of qwen could be asked.");
  expect(details).toMatch(/Stopped · a good answer/);
  // One that is opened has its address, and nothing moves while it is read.
  expect(page.url()).toMatch(/\/requests\/[0-9a-f]+-\d+\?/);
  await ask("qwen-turbo");
  await page.getByRole("button", { name: "1 new · Show" }).waitFor();
  expect(await rows.count()).toBe(1);
  await page.keyboard.press("Escape");
  await opened.waitFor({ state: "detached" });
  await page.getByLabel("Cause").selectOption("");
  await page.getByLabel("Outcome").selectOption("");
  await expect.poll(() => rows.count()).toBe(4);

  // What was refused, and a model's name that is markup.
  await page.goto(`${site.gateway.url}/requests?outcome=refused`);
  await rows.first().getByRole("link").click();
  expect(await opened.innerText()).toContain("no route fits its model or path");
  expect(await opened.innerText()).toContain(MARKUP);
  expect(await page.title()).not.toContain("taken");
  const everything = await page.content();
  for (const secret of [...TOKENS, PROMPT]) expect(everything).not.toContain(secret);
  await site.providers[0]!.reset();
});

it("the overview puts requests and tokens on one axis, and says who answers", async () => {
  const { page } = tab.visitor;
  await page.goto(`${site.gateway.url}/overview?minutes=5`);
  const lane = page.locator(".lane", { hasText: "qwen / first" });
  await lane.waitFor();
  await expect.poll(() => page.locator(".lane .span").count(), { timeout: 15_000 }).toBeGreaterThan(0);
  expect(await page.getByRole("img", { name: /requests, .* rescued/ }).count()).toBe(1);
  const figures = await page.locator(".figures").innerText();
  expect(figures).toMatch(/First token\s+\d/);
  const answers = await page.getByRole("row", { name: /aliyun/ }).innerText();
  expect(answers).toContain("deepseek-chat");
  await page.getByText("Route bare has no fallback").waitFor();
  await page.getByRole("button", { name: "Add a fallback" }).click();
  await page.getByRole("heading", { name: "bare" }).waitFor();
  expect(page.url()).toContain("/routes/1?fallback=on");
});

it("a provider that is taken out is asked by nobody, until it is brought back", async () => {
  const { page } = tab.visitor;
  await page.goto(`${site.gateway.url}/providers/qwen`);
  await tab.visitor.click("Take out the provider");
  await page.getByText("taken out").first().waitFor();
  await page.goto(`${site.gateway.url}/dry-run?model=qwen-turbo`);
  const way = page.locator("section", { hasText: "The way it would take" });
  await way.getByText(/It goes to deepseek \/ main/).waitFor();
  expect(await way.innerText()).toMatch(/Skipped:.*taken out/s);

  await page.goto(`${site.gateway.url}/try?model=qwen-turbo`);
  await tab.visitor.click("Send");
  const answer = await tab.visitor.answer();
  expect(answer).toContain("by deepseek");
  expect(answer).toContain("Skipped: qwen: taken out");

  await page.goto(`${site.gateway.url}/providers/qwen`);
  await tab.visitor.click("Bring back");
  await page.getByRole("button", { name: "Take out the provider" }).waitFor();
});

it("a dry run tells the way of a model or a body, also with a change that is not applied", async () => {
  const { page } = tab.visitor;
  await page.goto(`${site.gateway.url}/dry-run?model=deepseek-chat`);
  const way = page.locator("section", { hasText: "The way it would take" });
  await way.getByText("It goes to deepseek / main").waitFor();
  expect(await way.innerText()).toContain("Nothing follows if that fails.");
  expect(await page.locator("section", { hasText: "What the first one is sent" }).innerText()).toContain(
    "authorization",
  );
  await page.getByLabel("Model", { exact: true }).last().fill("nobody-has-this");
  await way.getByText(/It is refused: 404/).waitFor();
  await tab.visitor.click("Whole body");
  await page.getByLabel("Body, as a client sends it").fill('{"model": "qwen-turbo", "messages": [');
  await way.getByText(/It is refused: 400/).waitFor();

  const status = new StatusClient(`127.0.0.1:${site.gateway.gateway.config.status.listen.port}`, {});
  for (const token of ["first", "second"]) await status.order({ do: "bring-back", provider: "qwen", token });
  await page.goto(`${site.gateway.url}/routes/1?fallback=on`);
  await tab.visitor.click("Dry run with this change");
  await page.getByLabel("Model", { exact: true }).last().fill("deepseek-chat");
  await page.getByText(/It goes to deepseek \/ main, and to qwen/).waitFor();
});
