import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunFiles } from "../render/render-envoy.js";
import { writePrivate } from "../render/private-file.js";

/** The directory that holds what Envoy reads: of this run and for its user only. */
export class RunDirectory {
  /** Absolute. */
  readonly path = mkdtempSync(join(tmpdir(), "ai-failover-"));

  /** Where a file is written before it is moved in whole: Envoy looks at moves only. */
  private readonly draft = join(this.path, "draft");

  constructor() {
    mkdirSync(this.draft);
    process.once("exit", this.remove);
  }

  get bootstrap(): string {
    return join(this.path, "envoy.yaml");
  }

  /** Moves all files in; before Envoy runs. */
  putAll(files: RunFiles): void {
    for (const name of ["envoy.yaml", "cds.yaml", "lds.yaml"] as const) this.put(name, files);
  }

  /** Moves a file in, and says whether it is another than before. */
  put(name: keyof RunFiles, files: RunFiles): boolean {
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
