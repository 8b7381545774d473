import { statSync } from "node:fs";

/** How often files are looked at, milliseconds. */
const LOOK = 500;

/** Notices changes of files by looking at them: also of one that is replaced, or is a link as in a Secret's volume. */
export class Watcher {
  /** What each file was before it was read. */
  private readonly seen = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  /** To be called before the files are read: no later change is missed, however long it takes until they are watched. */
  note(files: string[]): void {
    for (const file of files) this.seen.set(file, stateOf(file));
  }

  /** These files and no others from now on. */
  follow(files: string[]): void {
    for (const file of this.seen.keys()) if (!files.includes(file)) this.seen.delete(file);
    this.note(files.filter(file => !this.seen.has(file)));
  }

  /** Calls `changed` from now on. */
  start(changed: () => void): void {
    this.timer = setInterval(() => {
      const others = [...this.seen].filter(([file, state]) => stateOf(file) !== state).map(([file]) => file);
      this.note(others);
      if (others.length > 0) changed();
    }, LOOK);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Another one whenever the file is; why there is none to be seen. */
function stateOf(file: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
