import { Command } from "commander";
import { colourOf } from "./colour.js";
import { register as check } from "./commands/check-command.js";
import { register as demo } from "./commands/demo-command.js";
import { register as explain } from "./commands/explain-command.js";
import { register as render } from "./commands/render-command.js";
import { register as run } from "./commands/run-command.js";
import { productVersion } from "./config/product-version.js";
import { register as status } from "./commands/status-command.js";
import { register as token } from "./commands/token-command.js";
import { Refusal } from "./refusal.js";
import { sentenceOf } from "./system-error.js";

const program = new Command("ai-failover")
  .description("makes LLM calls survive failures, inside Envoy")
  .version(productVersion);
for (const register of [run, check, render, status, explain, token, demo]) register(program);

// Whoever read what is said may go (`npm start | head`, a log collector that ends): the gateway serves on.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  await program.parseAsync();
} catch (error) {
  const sentence = error instanceof Refusal ? error.message : sentenceOf(error);
  if (sentence === undefined) throw error;
  console.error(colourOf(process.stderr).bad("error"), "", sentence);
  // Whatever a command that failed left open does not keep it alive.
  process.exit(1);
}
