import { createHash } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Steps back that are kept. */
const MOST_UNDO = 20;

export interface FileText {
  text: string;
  version: string;
  savedAt: number;
}

/** Somebody else has saved the file meanwhile. */
export class EditConflict extends Error {
  constructor(readonly current: FileText) {
    super("The file was changed meanwhile: nothing was saved.");
  }
}

/** The configuration file, which stays the truth: others may edit it at any time. */
export class ConfigFile {
  /** Texts before what the console saved, the newest last, each with the version that replaced it. */
  private readonly before: { text: string; replacedBy: string }[] = [];

  constructor(readonly path: string) {}

  read(): FileText {
    const text = readFileSync(this.path, "utf8");
    return { text, version: versionOf(text), savedAt: statSync(this.path).mtimeMs };
  }

  get isReadOnly(): boolean {
    try {
      const real = realpathSync(this.path);
      accessSync(real, constants.W_OK);
      accessSync(dirname(real), constants.W_OK);
      return false;
    } catch {
      return true;
    }
  }

  /** Whether the last change was the console's own, and nobody has saved since. */
  get canUndo(): boolean {
    try {
      return this.before.at(-1)?.replacedBy === this.read().version;
    } catch {
      return false;
    }
  }

  /** Replaces the text, in one step, if it is still of this version. */
  save(text: string, version: string): void {
    const current = this.read();
    if (current.version !== version) throw new EditConflict(current);
    this.replace(text);
    this.before.push({ text: current.text, replacedBy: versionOf(text) });
    if (this.before.length > MOST_UNDO) this.before.shift();
  }

  /** The text before the console's last change comes back, if nobody has saved since. */
  undo(): void {
    const current = this.read();
    const last = this.before.at(-1);
    if (last?.replacedBy !== current.version) throw new EditConflict(current);
    this.replace(last.text);
    this.before.pop();
  }

  /** The file that a link leads to, with its mode: written beside it and moved over it, so that nobody reads half of it. */
  private replace(text: string): void {
    const target = realpathSync(this.path);
    const { mode } = statSync(target);
    const draft = join(dirname(target), `.ai-failover-${process.pid}.tmp`);
    try {
      const file = openSync(draft, "wx", mode & 0o777);
      try {
        writeFileSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(draft, target);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  }
}

export const versionOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
