import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { Visitor, openBrowser } from "./browser.js";
import { portLines, startConsoleGateway, type ConsoleGateway } from "./console-gateway.js";

/** What a file of console tests shares: set before its first test. */
export interface ConsoleFixture {
  gateway: ConsoleGateway;
  browser: Browser;
  /** The demo providers qwen and deepseek; empty where the file of the test has none. */
  providers: DemoProvider[];
}

interface Setup {
  /** The file that the gateway serves, behind the lines of its ports. */
  text: (urls: string[]) => string;
  /** Tokens of the demo providers qwen and deepseek; left out: none are started. */
  tokens?: { qwen: string[]; deepseek: string[] };
  /** The file is that of a first start. */
  isDefault: boolean;
}

/** Serves a file with its console and opens a browser, for all tests of a file. */
export function useConsole({ text, tokens, isDefault }: Setup): ConsoleFixture {
  const fixture: Partial<ConsoleFixture> = {};
  beforeAll(async () => {
    fixture.providers = tokens
      ? await Promise.all([
          startDemoProvider({ name: "qwen", family: "qwen", tokens: tokens.qwen, models: ["qwen-turbo"] }),
          startDemoProvider({ name: "deepseek", tokens: tokens.deepseek, models: ["deepseek-chat"] }),
        ])
      : [];
    const urls = fixture.providers.map(({ url }) => url);
    fixture.gateway = await startConsoleGateway(ports => `${portLines(ports)}\n${text(urls)}`, isDefault);
    fixture.browser = await openBrowser();
  });
  afterAll(async () => {
    await fixture.browser?.close();
    await fixture.gateway?.stop();
    await Promise.all((fixture.providers ?? []).map(provider => provider.close()));
  });
  return fixture as ConsoleFixture;
}

/** A page of its own for each test, which fails the test by any error that it logs. */
export function useVisitor(fixture: ConsoleFixture): { visitor: Visitor } {
  const page: { visitor?: Visitor } = {};
  let context: BrowserContext;
  beforeEach(async () => {
    context = await fixture.browser.newContext({ locale: "en-US" });
    page.visitor = new Visitor(await context.newPage());
  });
  afterEach(async () => {
    expect(page.visitor?.errors).toEqual([]);
    await context.close();
  });
  return page as { visitor: Visitor };
}
