import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { debianTool } from "../debian-tool.js";

/** Debian's Chromium: a browser of playwright's own would have to be downloaded. */
const findChromium = (): string => debianTool("/usr/bin/chromium", "chromium", "CHROMIUM");

/** Chromium asks nobody for anything but the page. */
export function openBrowser(more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ...more,
    ],
  });
}

/** A person at the page: counts what they click, and remembers what went wrong. */
export class Visitor {
  clicks = 0;
  readonly errors: string[] = [];

  constructor(readonly page: Page) {
    page.on("pageerror", error => this.errors.push(error.message));
    page.on("console", message => {
      if (message.type() === "error") this.errors.push(message.text());
    });
  }

  async click(name: string | RegExp, within: Page | Locator = this.page, exact = true): Promise<void> {
    this.clicks++;
    await within
      .getByRole("button", { name, exact: typeof name === "string" && exact })
      .or(within.getByRole("link", { name, exact: typeof name === "string" && exact }))
      .first()
      .click();
  }

  /** What the last answer says, once it is complete. */
  async answer(): Promise<string> {
    // The page has drawn what the last click began.
    await this.page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
    const last = this.page.locator("article.run[aria-busy=false]").last();
    await last.waitFor();
    return last.innerText();
  }
}
