import { userInfo } from "node:os";
import { Argument, type Command } from "commander";
import { StatusClient } from "../status/status-client.js";
import type { Order } from "../status/status-types.js";

const DEEDS: Record<string, Order["do"]> = { out: "take-out", back: "bring-back", try: "try-now" };

interface Flags {
  address?: string;
  for?: string;
  by?: string;
}

export function register(program: Command): void {
  program
    .command("token")
    .description("take a token or a provider out, bring it back, or have it tried now")
    .addArgument(new Argument("<order>", "what to do").choices(Object.keys(DEEDS)))
    .argument("<provider/token>", "for example qwen/team-a; qwen alone: the whole provider")
    .option("--for <duration>", "with out: how long, for example 10m (default: until it is brought back)")
    .option("--by <name>", "who asks (default: the user of this machine)")
    .option("--address <address>", "of the status listener: host:port or a URL (default: as in ./ai-failover.yaml)")
    .action(async (deed: string, what: string, flags: Flags) => {
      const [provider = "", ...token] = what.split("/");
      const order: Order = {
        do: DEEDS[deed]!,
        provider,
        ...(token.length > 0 && { token: token.join("/") }),
        ...(flags.for !== undefined && { for: flags.for }),
        by: flags.by ?? userInfo().username,
      };
      console.log(await new StatusClient(flags.address).order(order));
    });
}
