#!/usr/bin/env node
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, SetupError, setUp } from "./setup.mjs";

try {
  await setUp();
  if (!process.argv.includes("--setup")) await import(pathToFileURL(join(root, "build/node/cli/main.js")).href);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
