import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./root.js";

/** Of this package: what the tool and the gateway call themselves. */
export const productVersion: string = (
  JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }
).version;
