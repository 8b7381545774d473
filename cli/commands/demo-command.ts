import type { Command } from "commander";
import { columns } from "../colour.js";
import { order } from "../demo/demo-control.js";
import { kinds, parseFault, type Fault } from "../demo/demo-fault.js";
import { Refusal } from "../refusal.js";

export function register(program: Command): void {
  const demo = program
    .command("demo")
    .description("make the demo providers of a running gateway fail (of the newest, if several run)");
  demo
    .command("set")
    .description("make a demo provider (qwen) or one of its tokens (qwen/1) fail, or mend it (ok)")
    .argument("<target>", "qwen, qwen/1, deepseek/2 ...")
    .argument("<fault...>", "401, 429, hang, cut ...; slow takes a time: slow 500ms")
    .option("--retry-after <seconds>", "with a status: the Retry-After header")
    .addHelpText("after", () => `\nFaults:\n${faultHelp()}`)
    .action(async (target: string, words: string[], { retryAfter }: { retryAfter?: string }) =>
      print(await order({ do: "set", target, fault: readFault(words, retryAfter) })),
    );
  demo
    .command("list")
    .description("list the tokens of the demo providers, each with its fault")
    .action(async () => print(await order({ do: "list" })));
  demo
    .command("reset")
    .description("mend everything")
    .action(async () => print(await order({ do: "reset" })));
}

function readFault(words: string[], retryAfter?: string): Fault {
  try {
    return parseFault(words, retryAfter);
  } catch (error) {
    throw new Refusal((error as Error).message);
  }
}

const faultHelp = (): string =>
  columns(Object.entries(kinds).map(([kind, text]) => [kind === "status" ? "  200 ... 599" : `  ${kind}`, text])).join(
    "\n",
  );

const print = (lines: string[]): void => console.log(lines.join("\n"));
