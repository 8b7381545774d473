import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { colourOf } from "../colour.js";
import { StatusClient } from "../status/status-client.js";
import { statusText } from "../status/status-text.js";

interface Flags {
  address?: string;
  watch?: boolean;
  json?: boolean;
}

/** Between two looks of --watch, milliseconds. */
const PERIOD = 1000;
/** Of a terminal: the cursor goes home, and what stood there goes. */
const CLEAR = "\u001b[H\u001b[2J";

export function register(program: Command): void {
  program
    .command("status")
    .description("show what a running gateway knows: who is out, why, until when")
    .option("--address <address>", "of its status listener: host:port or a URL (default: as in ./ai-failover.yaml)")
    .option("--watch", "again every second, until Ctrl-C")
    .option("--json", "as JSON (docs/status.md)")
    .action(show);
}

async function show({ address, watch, json }: Flags): Promise<void> {
  const client = new StatusClient(address);
  const colour = colourOf(process.stdout);
  for (;;) {
    const status = await client.status();
    if (json) console.log(JSON.stringify(status, undefined, watch ? 0 : 2));
    else console.log((watch && process.stdout.isTTY ? CLEAR : "") + statusText(status, client.url, colour).join("\n"));
    if (!watch) return;
    await pause(PERIOD);
  }
}
