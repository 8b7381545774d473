import { execFileSync } from "node:child_process";
import { findEnvoy } from "../cli/envoy/find.js";
import { WANTED } from "../cli/envoy/releases.js";

/** Before all tests: what `npm start` would build is built, and ENVOY names the Envoy that they run on. */
export default async function setup(): Promise<void> {
  execFileSync(process.execPath, ["bin/ai-failover.mjs", "--setup"], { stdio: "inherit" });
  process.env.ENVOY = (await findEnvoy({ version: WANTED })).path;
}
