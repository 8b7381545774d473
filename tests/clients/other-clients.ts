/** Clients that are no dependency of this project: each installs what it needs, then asks in a process of its own. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { nodeWith, pythonWith } from "./client-cache.js";
import type { Ask, Shown } from "./client-scenarios.js";

const run = promisify(execFile);
/** A client that tries again by itself for longer is at fault. */
const LIMITS = { timeout: 60_000, maxBuffer: 16 << 20 };
const programs = join(process.cwd(), "tests/clients/programs");

/** By name: fails where the client does not install. */
export const OTHER_CLIENTS: Record<string, () => Promise<Ask>> = {
  "openai for Python, chat": () => pythonProgram("openai==3.57.0", "openai_chat.py"),
  "openai for Python, Responses": () => pythonProgram("openai==3.57.0", "openai_responses.py"),
  "anthropic for Python": () => pythonProgram("anthropic==2.15.0", "anthropic_messages.py"),
  "Vercel's ai": () => nodeProgram(["ai@6.0.326", "@ai-sdk/openai-compatible@2.0.92"], "vercel-ai.mjs"),
  "LangChain for Node": () => nodeProgram(["@langchain/openai@1.5.8", "@langchain/core@1.4.0"], "langchain.mjs"),
  Codex: codex,
  "Claude Code": claudeCode,
};

async function pythonProgram(needs: string, file: string): Promise<Ask> {
  const python = await pythonWith([needs]);
  return (url, model) => shown(python, [join(programs, file), url, model]);
}

async function nodeProgram(needs: string[], file: string): Promise<Ask> {
  const directory = await nodeWith(needs);
  // It must lie where its packages are.
  copyFileSync(join(programs, file), join(directory, file));
  return (url, model) => shown(process.execPath, [join(directory, file), url, model]);
}

/** Runs a program of ours, whose last line says what it was shown. */
async function shown(command: string, args: string[]): Promise<Shown> {
  const { stdout } = await run(command, args, LIMITS);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Shown;
}

async function codex(): Promise<Ask> {
  const directory = await nodeWith(["@openai/codex@0.171.0"]);
  const program = join(directory, "node_modules/@openai/codex/bin/codex.js");
  return (url, model) => {
    const provider = { name: '"gateway"', base_url: `"${url}/v1"`, wire_api: '"responses"' };
    const once = { request_max_retries: 0, stream_max_retries: 0 };
    const settings = Object.entries({ ...provider, ...once }).map(([k, v]) => `model_providers.gateway.${k}=${v}`);
    const options = ['model_provider="gateway"', ...settings].flatMap(setting => ["-c", setting]);
    const args = [program, "exec", "--skip-git-repo-check", ...options, "-m", model, "Hello"];
    return commandLine(process.execPath, args);
  };
}

async function claudeCode(): Promise<Ask> {
  const directory = await nodeWith(["@anthropic-ai/claude-code@2.1.332"]);
  const program = join(directory, `node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`);
  await run(program, ["--version"]);
  return (url, model) =>
    commandLine(program, ["-p", "Hello", "--model", model], {
      ...{ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "none", ANTHROPIC_DEFAULT_HAIKU_MODEL: model },
      ...{ CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", CLAUDE_CODE_MAX_RETRIES: "0" },
    });
}

/** Runs a command line client in a home of its own: what it prints, and what it says when it fails. */
async function commandLine(command: string, args: string[], env: Record<string, string> = {}): Promise<Shown> {
  // Codex wants none under the system's directory for temporary files.
  const home = mkdtempSync(join(homedir(), ".ai-failover-client-"));
  try {
    const own = { PATH: process.env["PATH"] ?? "", HOME: home, ...env };
    const going = run(command, args, { ...LIMITS, cwd: home, env: own });
    going.child.stdin?.end();
    return { said: (await going).stdout.trim(), error: "" };
  } catch (raised) {
    const { stdout = "", stderr = "", killed } = raised as { stdout?: string; stderr?: string; killed?: boolean };
    if (killed) return { said: "", error: "(no end within a minute)" };
    const lines = stderr.split("\n").filter(line => /error/i.test(line));
    return { said: "", error: stdout.trim() || (lines.at(-1) ?? String(raised)) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
