import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../config/root.js";
import { imageLayout, sha256 } from "./oci.js";
import { sbomOf } from "./sbom.js";

/** What a release is made of. */
export interface Release {
  module: Buffer;
  version: string;
  /** SPDX. */
  license: string;
  description: string;
  assemblyscript: { version: string; license: string; sha512: string };
}

interface Lock {
  packages: Record<string, { version: string; license: string; integrity: string }>;
}

/** The checkout's release, with the module that is built in it. */
export function readRelease(): Release {
  const read = (...path: string[]) => readFileSync(join(packageRoot, ...path));
  const json = (name: string): unknown => JSON.parse(read(name).toString());
  const { version, license, description } = json("package.json") as Release;
  const { integrity, ...library } = (json("package-lock.json") as Lock).packages["node_modules/assemblyscript"]!;
  const sha512 = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
  const module = read("build", "ai-failover.wasm");
  return {
    ...{ module, version, license, description },
    assemblyscript: { version: library.version, license: library.license, sha512 },
  };
}

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
