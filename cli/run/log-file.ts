import { createWriteStream, renameSync, type WriteStream } from "node:fs";
import { sentenceOf } from "../system-error.js";

/** Bytes after which a new file begins. */
const LIMIT = 64 * 2 ** 20;

/** A log that cannot fill a disk: a new file at each start, and of what it grows beyond its limit the last file is kept as `.old`. */
export class LogFile {
  private stream: WriteStream;
  private size = 0;

  constructor(
    private readonly path: string,
    private readonly say: (line: string) => void,
    private readonly limit = LIMIT,
  ) {
    this.stream = this.open();
  }

  write(line: string): void {
    if (!this.stream.writable) return;
    if (this.size > this.limit) this.turn();
    this.size += Buffer.byteLength(line) + 1;
    this.stream.write(`${line}\n`);
  }

  end(): Promise<void> {
    return new Promise(done => this.stream.end(done));
  }

  private turn(): void {
    this.stream.end();
    try {
      renameSync(this.path, `${this.path}.old`);
    } catch {
      // Somebody has removed it: there is nothing to keep.
    }
    this.stream = this.open();
    this.size = 0;
  }

  private open(): WriteStream {
    const stream = createWriteStream(this.path, { flags: "w", mode: 0o600 });
    return stream.once("error", error => this.say(`The log is kept no longer: ${sentenceOf(error) ?? error.message}`));
  }
}
