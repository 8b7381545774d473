import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../config/root.js";
import { imageLayout } from "./oci.js";
import { sha256, type Release } from "./release.js";
import { sbomOf } from "./sbom.js";

/** Writes a release in place of what is in the directory. */
export function writeRelease(release: Release, directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  const write = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  write("ai-failover.wasm", release.module);
  write("ai-failover.wasm.sha256", `${sha256(release.module)}  ai-failover.wasm\n`);
  write("ai-failover.cdx.json", sbomOf(release));
  for (const [path, content] of imageLayout(release)) write(`image/${path}`, content);
  cpSync(join(packageRoot, "schema/ai-failover.schema.json"), join(directory, "ai-failover.schema.json"));
  cpSync(join(packageRoot, "LICENSE"), join(directory, "LICENSE"));
  cpSync(join(packageRoot, "envoy"), join(directory, "examples"), { recursive: true });
}
