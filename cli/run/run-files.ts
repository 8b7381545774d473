import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { AdminAddress } from "../config/config-types.js";
import { Refusal } from "../refusal.js";
import type { RunFiles } from "../render/render-envoy.js";
import { writePrivate } from "../render/private-file.js";
import { runtimeDirectory } from "../state.js";

const NAMES = ["envoy.yaml", "cds.yaml", "lds.yaml"] as const;

/** The directory that holds what Envoy reads, and the socket of its admin interface: of this run and for its user only. */
export class RunDirectory {
  /** Absolute. */
  readonly path = mkdtempSync(join(runtimeDirectory(), "ai-failover-"));

  /** Where a file is written before it is moved in whole: Envoy looks at moves only. */
  private readonly draft = join(this.path, "draft");

  /** What was moved in last. */
  private readonly last: Partial<RunFiles> = {};

  /** Envoy watches this directory, and no other that comes to stand in its place. */
  private identity = identityOf(this.path);

  constructor() {
    mkdirSync(this.draft, { mode: 0o700 });
    process.once("exit", this.remove);
  }

  get bootstrap(): string {
    return join(this.path, "envoy.yaml");
  }

  /** Where Envoy's admin interface listens, unless the configuration names an address. */
  get adminSocket(): string {
    return join(this.path, "admin.sock");
  }

  /** Where it writes the records that the console shows. */
  get recordsFile(): string {
    return join(this.path, "requests.jsonl");
  }

  /** Whether Envoy still watches it and can be reached: it is the same directory, with all that was put there. */
  isWhole(admin: AdminAddress): boolean {
    if (identityOf(this.path) !== this.identity || ("socket" in admin && !existsSync(admin.socket))) return false;
    return NAMES.every(name => this.read(name) === this.last[name]);
  }

  /** Writes everything again when somebody, a cleaner of old files perhaps, has removed some of it; before Envoy starts. */
  restore(): void {
    mkdirSync(this.draft, { recursive: true, mode: 0o700 });
    if (lstatSync(this.path).uid !== process.getuid?.()) throw new Refusal(`${this.path} belongs to another user.`);
    this.identity = identityOf(this.path);
    for (const name of NAMES) if (this.last[name] !== undefined) this.put(name, this.last as RunFiles);
  }

  /** Moves all files in; before Envoy runs. */
  putAll(files: RunFiles): void {
    for (const name of NAMES) this.put(name, files);
  }

  /** Moves a file in, and says whether it is another than before. */
  put(name: keyof RunFiles, files: RunFiles): boolean {
    this.last[name] = files[name];
    if (this.read(name) === files[name]) return false;
    writePrivate(join(this.draft, name), files[name]);
    renameSync(join(this.draft, name), join(this.path, name));
    return true;
  }

  readonly remove = (): void => {
    process.off("exit", this.remove);
    rmSync(this.path, { recursive: true, force: true });
  };

  private read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), "utf8");
    } catch {
      return undefined;
    }
  }
}

/** Numbers of inodes are given again: the time of its birth tells it from a later one. */
function identityOf(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return `${stat?.ino} ${stat?.birthtimeNs}`;
}
