import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { Visitor } from "./browser.js";
import { useConsole } from "./console-fixture.js";
import { DEFAULT_TEXT } from "../../cli/run/default-file.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGES = ["start", "overview", "providers", "providers/qwen", "routes", "routes/0", "requests", "try", "dry-run"];
const WIDTHS = [320, 390, 1280];

const site = useConsole({ text: () => DEFAULT_TEXT.replace(/^listen: .*\n/m, ""), isDefault: true });

describe.each(["light", "dark"] as const)("in a %s browser", colorScheme => {
  it.each(["en-US", "zh-CN"])("every page fits its width and is free of barriers: %s", async locale => {
    const context = await site.browser.newContext({ locale, colorScheme, bypassCSP: true });
    const visitor = new Visitor(await context.newPage());
    const { page } = visitor;
    const found: string[] = [];
    for (const path of PAGES)
      for (const width of colorScheme === "light" ? WIDTHS : [1280]) {
        await page.setViewportSize({ width, height: 800 });
        await page.goto(`${site.gateway.url}/${path}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        if (sideways) found.push(`${path} at ${width} px scrolls sideways`);
        if (width === 390) continue; // the rules see no difference
        await page.evaluate(axe);
        const rules = await page.evaluate(async () => {
          const { axe } = globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          };
          return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 120)}`);
        });
        found.push(...rules.map(rule => `${path} at ${width} px: ${rule}`));
      }
    expect(found).toEqual([]);
    expect(visitor.errors).toEqual([]);
    await context.close();
  });
});

it("nothing moves while requests come in", async () => {
  const page = await site.browser.newPage();
  await page.goto(`${site.gateway.url}/overview`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.evaluate(() => {
    const all = globalThis as unknown as { shift: number };
    all.shift = 0;
    new PerformanceObserver(list => {
      for (const entry of list.getEntries()) all.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: "layout-shift", buffered: false });
  });
  const { port } = site.gateway.gateway.config.listen;
  for (let i = 0; i < 60; i++) {
    const body = JSON.stringify({ model: "qwen-turbo", messages: [{ role: "user", content: "hi" }] });
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    await response.text();
  }
  await page.waitForTimeout(2500);
  expect(await page.evaluate(() => (globalThis as unknown as { shift: number }).shift)).toBeLessThan(0.01);
  await page.close();
});
