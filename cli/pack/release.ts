import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../config/root.js";

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

export const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
