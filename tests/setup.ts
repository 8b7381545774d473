import { execFileSync } from "node:child_process";
import type { TestProject } from "vitest/node";
import { findEnvoy } from "../cli/envoy/find-envoy.js";
import { WANTED } from "../cli/envoy/releases.js";

/** These compile what they test by themselves. */
const WITHOUT_BUILD = ["unit", "fuzz"];

/** Before all tests: what `npm start` would build is built, and ENVOY names the Envoy that they run on. */
export default async function setup({ vitest }: TestProject): Promise<void> {
  if (vitest.projects.every(({ name }) => WITHOUT_BUILD.includes(name))) return;
  execFileSync(process.execPath, ["bin/ai-failover.mjs", "--setup"], { stdio: "inherit" });
  process.env.ENVOY = (await findEnvoy({ version: WANTED })).path;
}
