#!/usr/bin/env node
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, SetupError, setUp } from "./setup.mjs";

try {
  await setUp();
  if (!process.argv.includes("--setup")) await import(pathToFileURL(join(root, "build/node/cli/main.js")).href);
} catch (error) {
  // Too few files may be open to read the tool itself, whose sentence this would be.
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const isShort = code === "EMFILE" || code === "ENFILE";
  const short = "error  Too many files are open: raise the limit of this shell (ulimit -n).";
  const told = isShort ? short : error instanceof SetupError ? error.message : undefined;
  if (told === undefined) throw error;
  console.error(told);
  process.exitCode = 1;
}
