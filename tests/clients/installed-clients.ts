/** Clients that are no dependency of this project: installed into a cache when the tests want them. One that cannot be is left out. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { NODE_CLIENTS } from "./node-clients.js";
import type { Ask, Shown } from "./client-scenarios.js";

const run = promisify(execFile);
const programs = join(process.cwd(), "tests/clients/programs");
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "ai-failover", "clients");

const PYTHON = ["openai==3.57.0", "anthropic==2.15.0"];
/** A directory for each: their needs differ. */
const NODE = {
  vercel: { ai: "6.0.326", "@ai-sdk/openai-compatible": "2.0.92" },
  langchain: { "@langchain/openai": "1.5.8", "@langchain/core": "1.4.0" },
  codex: { "@openai/codex": "0.171.0" },
  claude: { "@anthropic-ai/claude-code": "2.1.197" },
};
/** A command line client may try again by itself for long. */
const PATIENCE = { timeout: 60_000, maxBuffer: 16 << 20 };

async function installPython(): Promise<string | undefined> {
  const python = join(cache, "python", "bin", "python");
  const stamp = join(cache, "python", PYTHON.join("+"));
  try {
    if (existsSync(stamp)) return python;
    await run("python3", ["-m", "venv", "--clear", join(cache, "python")]);
    await run(python, ["-m", "pip", "install", "--quiet", ...PYTHON]);
    writeFileSync(stamp, "");
    return python;
  } catch {
    return undefined;
  }
}

async function installNode(name: keyof typeof NODE): Promise<string | undefined> {
  const directory = join(cache, name);
  const packages = Object.entries(NODE[name]).map(([id, version]) => `${id}@${version}`);
  const stamp = join(directory, packages.join("+").replaceAll("/", "_"));
  try {
    if (existsSync(stamp)) return directory;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "package.json"), '{"private":true,"type":"module"}');
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", ...packages], {
      cwd: directory,
    });
    writeFileSync(stamp, "");
    return directory;
  } catch {
    return undefined;
  }
}

/** Runs a program that prints what it was shown. */
async function shown(command: string, args: string[], cwd?: string): Promise<Shown> {
  const { stdout } = await run(command, args, { ...PATIENCE, cwd });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Shown;
}

/** Runs a command line client in a home of its own: words on the output, whatever is wrong as it says it. */
async function asPerson(command: string, args: string[], env: Record<string, string>): Promise<Shown> {
  const home = mkdtempSync(join(tmpdir(), "ai-failover-client-"));
  try {
    const own = { PATH: process.env["PATH"] ?? "", HOME: home, ...env };
    const child = run(command, args, { ...PATIENCE, cwd: home, env: own });
    child.child.stdin?.end();
    const { stdout } = await child;
    return { said: stdout.trim(), error: "" };
  } catch (raised) {
    const { stdout = "", stderr = "" } = raised as { stdout?: string; stderr?: string };
    const lines = `${stdout}\n${stderr}`.split("\n").filter(line => /error|failed|stream/i.test(line));
    return { said: "", error: lines.at(-1) ?? String(raised) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A program of ours must lie where its packages are. */
async function script(directory: string, file: string): Promise<Ask> {
  const { copyFile } = await import("node:fs/promises");
  await copyFile(join(programs, file), join(directory, file));
  return (url, model) => shown(process.execPath, [join(directory, file), url, model], directory);
}

const arch = `linux-${process.arch}`;

/** All that could be installed, by name. */
export async function installedClients(): Promise<Record<string, Ask>> {
  const clients: Record<string, Ask> = { ...NODE_CLIENTS };
  const python = await installPython();
  if (python !== undefined) {
    const of =
      (file: string): Ask =>
      (url, model) =>
        shown(python, [join(programs, file), url, model]);
    clients["openai for Python, chat"] = of("openai_chat.py");
    clients["openai for Python, Responses"] = of("openai_responses.py");
    clients["anthropic for Python"] = of("anthropic_messages.py");
  }
  const vercel = await installNode("vercel");
  if (vercel !== undefined) clients["Vercel's ai"] = await script(vercel, "vercel-ai.mjs");
  const langchain = await installNode("langchain");
  if (langchain !== undefined) clients["LangChain for Node"] = await script(langchain, "langchain.mjs");
  const codex = await installNode("codex");
  if (codex !== undefined)
    clients["Codex"] = (url, model) =>
      asPerson(
        process.execPath,
        [
          ...[join(codex, "node_modules/@openai/codex/bin/codex.js"), "exec", "--skip-git-repo-check"],
          ...["-c", 'model_provider="gateway"', "-c", 'model_providers.gateway.name="gateway"'],
          ...[
            "-c",
            `model_providers.gateway.base_url="${url}/v1"`,
            "-c",
            'model_providers.gateway.wire_api="responses"',
          ],
          ...["-c", "model_providers.gateway.request_max_retries=0"],
          ...["-c", "model_providers.gateway.stream_max_retries=0", "-m", model, "Hello"],
        ],
        {},
      );
  const claude = await installNode("claude");
  const binary = join(claude ?? "", `node_modules/@anthropic-ai/claude-code-${arch}/claude`);
  if (claude !== undefined && existsSync(binary))
    clients["Claude Code"] = (url, model) =>
      asPerson(binary, ["-p", "Hello", "--model", model], {
        ...{ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "none", ANTHROPIC_DEFAULT_HAIKU_MODEL: model },
        ...{ CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", CLAUDE_CODE_MAX_RETRIES: "0" },
      });
  return clients;
}
