/** `npm run pack`: writes the release to dist/. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../config/root.js";
import { readRelease, sha256 } from "./release.js";
import { writeRelease } from "./write-release.js";

const release = readRelease();
const directory = join(packageRoot, "dist");
writeRelease(release, directory);
// The command line tool as a package, built: its dependencies have exact versions.
execFileSync("npm", ["pack", "--silent", "--pack-destination", directory], { cwd: packageRoot });
console.log(`ai-failover ${release.version} is in ${directory}, the module's SHA-256 is ${sha256(release.module)}.`);
