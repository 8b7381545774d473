import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { NewToken } from "./console-types.js";
import { replaceFile } from "./replace-file.js";

/** Beside the configuration file. */
const FOLDER = "secrets";

export interface StoredToken {
  name: string;
  /** As `valueFile` names it: relative to the configuration file. */
  valueFile: string;
}

export const fingerprintOf = (token: string): string => createHash("sha256").update(token).digest("hex").slice(0, 8);

/** Tokens that were typed in the console, each in a file that only its owner can read. A file is never overwritten. */
export class TokenStore {
  constructor(private readonly configFile: string) {}

  get folder(): string {
    return join(dirname(this.configFile), FOLDER);
  }

  /** The names that tokens would get, without writing anything. */
  plan(provider: string, tokens: readonly NewToken[], taken: readonly string[]): StoredToken[] {
    const names = new Set(taken);
    return tokens.map(({ name }) => {
      const own = name ?? this.nextName(provider, names);
      names.add(own);
      return { name: own, valueFile: this.fileFor(provider, own) };
    });
  }

  /** Writes a planned token. Throws where its file is there already. */
  write({ valueFile }: StoredToken, value: string): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    chmodSync(this.folder, 0o700);
    const file = openSync(join(dirname(this.configFile), valueFile), "wx", 0o600);
    try {
      writeFileSync(file, `${value}\n`);
    } finally {
      closeSync(file);
    }
  }

  /** Takes one token out of a file that holds several, one a line. All other lines stay as they are. */
  cut(file: string, fingerprint: string): void {
    const path = resolve(dirname(this.configFile), file);
    const lines = readFileSync(path, "utf8").split("\n");
    replaceFile(path, lines.filter(line => fingerprintOf(line.trim()) !== fingerprint).join("\n"));
  }

  private nextName(provider: string, taken: ReadonlySet<string>): string {
    let number = 1;
    while (taken.has(`${provider}-${number}`)) number++;
    return `${provider}-${number}`;
  }

  private fileFor(provider: string, name: string): string {
    const base = `${name.startsWith(provider) ? "" : `${provider}-`}${name}`.replace(/[^A-Za-z0-9._-]/g, "_");
    const path = (suffix: string) => join(this.folder, `${base}${suffix}`);
    let suffix = "";
    for (let i = 2; existsSync(path(suffix)); i++) suffix = `.${i}`;
    return relative(dirname(this.configFile), path(suffix));
  }
}
