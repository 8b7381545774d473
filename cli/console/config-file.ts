import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { replaceFile } from "./replace-file.js";

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

  private last: FileText | undefined;

  constructor(readonly path: string) {}

  read(): FileText {
    const text = readFileSync(this.path, "utf8");
    this.last = { text, version: versionOf(text), savedAt: statSync(this.path).mtimeMs };
    return this.last;
  }

  /** The text as it was when it could be read last; undefined: never. */
  get lastRead(): FileText | undefined {
    return this.last;
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
    if (text === current.text) return;
    replaceFile(this.path, text);
    this.before.push({ text: current.text, replacedBy: versionOf(text) });
    if (this.before.length > MOST_UNDO) this.before.shift();
  }

  /** The text before the console's last change comes back, if nobody has saved since. */
  undo(): void {
    const current = this.read();
    const last = this.before.at(-1);
    if (last?.replacedBy !== current.version) throw new EditConflict(current);
    replaceFile(this.path, last.text);
    this.before.pop();
  }
}

export const versionOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
