import { closeSync, renameSync, writeSync } from "node:fs";
import { openPrivate } from "../render/private-file.js";
import { sentenceOf } from "../system-error.js";

/** Bytes after which a new file begins. */
const LIMIT = 64 * 2 ** 20;

/** A log that cannot fill a disk: a new file at each start, and of what it grows beyond its limit the last file is kept as `.old`. */
export class LogFile {
  /** undefined: it cannot be written, or has ended. */
  private file: number | undefined;
  private size = 0;

  constructor(
    private readonly path: string,
    private readonly say: (line: string) => void,
    private readonly limit = LIMIT,
  ) {
    this.try(() => this.open());
  }

  write(line: string): void {
    if (this.file === undefined) return;
    this.try(() => {
      if (this.size > this.limit) this.turn();
      this.size += writeSync(this.file!, `${line}\n`);
    });
  }

  end(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private turn(): void {
    this.end();
    try {
      renameSync(this.path, `${this.path}.old`);
    } catch {
      // Somebody has removed it: there is nothing to keep.
    }
    this.open();
  }

  private open(): void {
    this.file = openPrivate(this.path);
    this.size = 0;
  }

  private try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.end();
      const named = Object.assign(error as Error, { path: this.path });
      this.say(`The log is kept no longer: ${sentenceOf(named) ?? named.message}`);
    }
  }
}
