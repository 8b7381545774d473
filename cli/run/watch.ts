import { unwatchFile, watchFile } from "node:fs";

/** How often a file is looked at, milliseconds. */
const LOOK = 500;

/** Notices changes of files by looking at them: also of one that is replaced, or is a link as in a Secret's volume. */
export class Watcher {
  private files: string[] = [];

  constructor(private readonly changed: () => void) {}

  /** These files and no others from now on. */
  follow(files: string[]): void {
    for (const file of this.files) if (!files.includes(file)) unwatchFile(file, this.changed);
    for (const file of files) if (!this.files.includes(file)) watchFile(file, { interval: LOOK }, this.changed);
    this.files = files;
  }
}
