/** `npm run pack`: writes the release to dist/. */
import { join } from "node:path";
import { packageRoot } from "../config/root.js";
import { readRelease, sha256 } from "./release.js";
import { writeRelease } from "./write-release.js";

const release = readRelease();
const directory = join(packageRoot, "dist");
writeRelease(release, directory);
console.log(`ai-failover ${release.version} is in ${directory}, the module's SHA-256 is ${sha256(release.module)}.`);
