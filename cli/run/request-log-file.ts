import { renameSync, statSync } from "node:fs";
import { sentenceOf } from "../system-error.js";

/** Bytes after which a new file begins. */
const LIMIT = 256 * 2 ** 20;

/** How often its size is looked at, milliseconds. */
const LOOK = 10_000;

export interface RequestLogOptions {
  /** The file now, as an edit may move it; "": there is none. */
  path: () => string;
  /** Makes Envoy open its logs anew. */
  reopen: () => Promise<void>;
  say: (line: string) => void;
  limit?: number;
}

/** The file of `requestLog` cannot fill a disk: of what it grows beyond its limit the last file is kept as `.old`. */
export class RequestLog {
  private timer: NodeJS.Timeout | undefined;
  private hasFailed = false;

  constructor(private readonly options: RequestLogOptions) {}

  start(): void {
    this.timer = setInterval(() => void this.keepSmall(), LOOK);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** What is no file, like a terminal or a pipe, is left alone. */
  async keepSmall(): Promise<void> {
    const { path, reopen, say, limit = LIMIT } = this.options;
    const file = path();
    const found = file === "" ? undefined : statSync(file, { throwIfNoEntry: false });
    if (!found?.isFile() || found.size <= limit) return;
    try {
      renameSync(file, `${file}.old`);
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) say(`The request log grows on: ${sentenceOf(error) ?? String(error)}`);
      this.hasFailed = true;
      return;
    }
    // Until then Envoy writes on into the file that is renamed: no record is lost.
    await reopen();
  }
}
