import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync } from "node:fs";
import type { RequestRecord } from "../console/request-record.js";
import { writePrivate } from "../render/private-file.js";

/** Records that are kept, the newest last. */
export const MOST_RECORDS = 1000;

/** What the file may grow to, bytes: it may stand in memory. */
const LIMIT = 8 << 20;

/** What of it is read at once: more than the records that are kept have. */
const MOST_READ = 4 << 20;

/** How often its size is looked at, milliseconds. */
const LOOK = 1000;

/**
 * The last requests, as Envoy has written their records into a file of ours. Nobody reads it while nobody asks; it is emptied when
 * it has grown to its limit.
 */
export class RecentRecords {
  private readonly kept: RequestRecord[] = [];
  /** How many have been read since the start. */
  private count = 0;
  /** Up to where the file has been read. */
  private position = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly file: string,
    private readonly limit = LIMIT,
  ) {}

  /** Makes the file, for its owner only, before Envoy opens it. */
  create(): void {
    this.catchUp();
    writePrivate(this.file, "");
    this.position = 0;
  }

  start(): void {
    this.timer = setInterval(() => this.keepSmall(), LOOK);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The newest last. */
  read(): readonly RequestRecord[] {
    this.catchUp();
    return this.kept;
  }

  /** Those that came after as many as `seen`, the newest last, and how many have come in all: more than are kept may be between. */
  since(seen: number): { records: RequestRecord[]; count: number } {
    this.catchUp();
    const fresh = Math.min(this.count - seen, this.kept.length);
    return { records: fresh > 0 ? this.kept.slice(-fresh) : [], count: this.count };
  }

  /** Envoy appends: it goes on at the new beginning. */
  keepSmall(): void {
    const size = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= this.limit) return;
    this.catchUp();
    truncateSync(this.file);
    this.position = 0;
  }

  private catchUp(): void {
    const text = this.readOn();
    const lines = text.split("\n").filter(line => line.startsWith("{"));
    this.count += lines.length;
    for (const line of lines.slice(-MOST_RECORDS)) {
      const record = parse(line);
      if (record !== undefined) this.kept.push(record);
    }
    this.kept.splice(0, this.kept.length - MOST_RECORDS);
  }

  /** The whole lines that were written since the last time. */
  private readOn(): string {
    let file: number;
    try {
      file = openSync(this.file, "r");
    } catch {
      return ""; // somebody has removed it: the next start of Envoy makes it anew
    }
    try {
      const { size } = fstatSync(file);
      if (size < this.position) this.position = 0;
      const from = Math.max(this.position, size - MOST_READ);
      const bytes = Buffer.alloc(size - from);
      const read = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
      const end = read.lastIndexOf(NEW_LINE) + 1;
      // Where something was left out, the first line may be the rest of one.
      const begin = from > this.position ? read.indexOf(NEW_LINE) + 1 : 0;
      this.position = from + end;
      return read.toString("utf8", begin, Math.max(begin, end));
    } finally {
      closeSync(file);
    }
  }
}

const NEW_LINE = 0x0a;

function parse(line: string): RequestRecord | undefined {
  try {
    return JSON.parse(line) as RequestRecord;
  } catch {
    return undefined;
  }
}
