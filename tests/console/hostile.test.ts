import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { ConsoleState, Review } from "../../cli/console/console-types.js";
import { Visitor, openBrowser } from "./browser.js";
import { portLines, startConsoleGateway, type ConsoleGateway } from "./console-gateway.js";

/** What a hostile provider says: markup, a script, text that turns the direction round, and much of it. */
const MARKUP = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>\u202Eesrever`;
const WORDS = `${MARKUP}${"long ".repeat(2000)}`;
const TOKEN = "sk-hostile-00000001";

let provider: Server;
let elsewhere: Server;
/** What the page of another site says. */
let foreignPage = "";
let gateway: ConsoleGateway;
let browser: Browser;
let context: BrowserContext;
let visitor: Visitor;

const listen = (server: Server) =>
  new Promise<string>(done =>
    server.listen(0, "127.0.0.1", () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );

beforeAll(async () => {
  provider = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: WORDS, code: "invalid_api_key" } }));
    });
  });
  elsewhere = createServer((_, response) => response.setHeader("content-type", "text/html").end(foreignPage));
  const url = await listen(provider);
  gateway = await startConsoleGateway(
    ports => `${portLines(ports)}
providers:
  - type: qwen
    url: ${url}/v1
    apiTokens: [{ name: main, value: ${TOKEN} }]
    failover: { healthCheckInterval: 60s }
routes:
  - name: all
    upstreams: [{ provider: qwen }]
`,
    false,
  );
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  provider?.close();
  elsewhere?.close();
});
beforeEach(async () => {
  context = await browser.newContext({ locale: "en-US" });
  visitor = new Visitor(await context.newPage());
});
afterEach(() => context.close());

it("a provider's words, and a model's name, are text on every page, and are cut", async () => {
  const { page } = visitor;
  const model = `m-${MARKUP}`;
  await page.goto(`${gateway.url}/try?model=${encodeURIComponent(model)}`);
  await visitor.click("Send");
  expect(await visitor.answer()).toContain("401");
  const shows = async (path: string, text: string) => {
    await page.goto(`${gateway.url}/${path}`);
    await page.getByText(text).first().waitFor();
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(await page.title()).not.toContain("taken");
  };
  await shows("requests", "<script>");
  await page.locator(".request-row a").first().click();
  await page.locator(".opened").getByText("<script>").first().waitFor();
  await shows("providers", "<img src=x");
  await shows("providers/qwen", "<img src=x");
  await shows(`dry-run?model=${encodeURIComponent(model)}`, "<img src=x");
  await shows("overview", "qwen / main");
  await page.goto(`${gateway.url}/providers/qwen`);
  const said = await page.locator(".facts").first().innerText();
  expect(said.length).toBeLessThan(700);
  expect(visitor.errors).toEqual([]);
});

it("a test of a token changes no health state, and a token that is refused can be saved", async () => {
  const { page } = visitor;
  const stateNow = async () => (await (await fetch(`${gateway.url}/api/state`)).json()) as ConsoleState;
  const before = (await stateNow()).status!.history.length;
  await page.goto(`${gateway.url}/providers/qwen`);
  await visitor.click("Add tokens");
  await page.getByLabel("Tokens, one a line").fill("second = sk-refused-00000002");
  await visitor.click("Test and save");
  await page.getByText("refused", { exact: true }).waitFor();
  await page.getByText("saved all the same").waitFor();
  expect(await page.locator("main img, main script").count()).toBe(0);
  await expect
    .poll(async () => (await stateNow()).status!.sites[0]!.providers[0]!.tokens.find(({ name }) => name === "second"), {
      timeout: 30_000,
    })
    .toMatchObject({ state: "live", breaker: null });
  expect((await stateNow()).status!.history.length).toBe(before);
  expect(await page.content()).not.toContain("sk-refused");
});

it("what counts only after a restart is said before it is applied", async () => {
  const { page } = visitor;
  await page.goto(`${gateway.url}/routes/0`);
  const review = await page.evaluate(async () => {
    const { file } = (await (await fetch("/api/state")).json()) as { file: { version: string } };
    const edits = [{ op: "set", path: ["listen"], value: "127.0.0.1:9" }];
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ version: file.version, edits });
    return (await (await fetch("/api/review", { method: "POST", headers, body })).json()) as Review;
  });
  expect(review).toMatchObject({ restart: ["listen"], mistakes: [] });
  // The words that a page has for it.
  await page.route("**/api/review", async route => {
    const response = await route.fetch();
    await route.fulfill({ json: { ...((await response.json()) as Review), restart: ["listen"] } });
  });
  await page.getByLabel("Whole request within").fill("5m");
  await page.getByText("Counts only after a restart: listen").waitFor();
});

it("no other page frames it, posts to it, or reads it", async () => {
  const { page } = visitor;
  const saved = readFileSync(gateway.file, "utf8");
  foreignPage = `<!doctype html><title>elsewhere</title>
    <iframe src="${gateway.url}/overview"></iframe>
    <form method="post" enctype="text/plain" target="posted" action="${gateway.url}/api/apply">
      <input name='{"version":"' value='"}'><button>go</button>
    </form><iframe name="posted"></iframe>`;
  await page.goto(await listen(elsewhere));
  const framed = () => page.frames()[1]!;
  await expect.poll(() => framed().url(), { timeout: 30_000 }).toContain("chrome-error:");
  expect(await framed().locator("nav, main").count()).toBe(0);

  const answered = page.waitForResponse(response => response.url().endsWith("/api/apply"));
  await page.getByRole("button", { name: "go" }).click();
  expect((await answered).status()).toBe(403);

  const tries = await page.evaluate(async url => {
    const body = JSON.stringify({ do: "take-out", provider: "qwen" });
    const plain = { "content-type": "text/plain" };
    const json = { "content-type": "application/json" };
    const told = (made: Promise<Response>) =>
      made.then(
        ({ type, status }) => `${type} ${status}`,
        () => "blocked",
      );
    return [
      await told(fetch(`${url}/api/orders`, { method: "POST", mode: "no-cors", headers: plain, body })),
      await told(fetch(`${url}/api/orders`, { method: "POST", headers: json, body })),
      await told(fetch(`${url}/api/state`)),
      await told(fetch(`${url}/api/state`, { mode: "no-cors" })),
    ];
  }, gateway.url);
  // An answer that cannot be read says nothing: what the gateway did with it counts.
  expect(tries.slice(1)).toEqual(["blocked", "blocked", "blocked"]);
  const state = (await (await fetch(`${gateway.url}/api/state`)).json()) as ConsoleState;
  expect(state.status!.sites[0]!.providers[0]!.state).not.toBe("taken-out");
  expect(readFileSync(gateway.file, "utf8")).toBe(saved);
});

it("a name that is not the console's gets words, not the page", async () => {
  const { port } = new URL(gateway.url);
  const other = await openBrowser(["--host-resolver-rules=MAP evil.example 127.0.0.1"]);
  try {
    const page = await other.newPage();
    const answer = await page.goto(`http://evil.example:${port}/overview`);
    expect(answer!.status()).toBe(421);
    expect(await page.locator("body").innerText()).toContain("console.hosts");
  } finally {
    await other.close();
  }
});
