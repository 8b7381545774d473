import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { variablesOf, type Environment } from "../config/expand.js";
import { isRaw, members, object, objects, text } from "../config/raw.js";
import { ConfigFile } from "./config-file.js";
import { diffOf } from "./config-diff.js";
import { addressOf } from "./config-view.js";
import type { ConfigPath, Edit, Mistake, NewTokens, Review } from "./console-types.js";
import { TokenStore, type StoredToken } from "./token-store.js";
import { editText } from "./yaml-edit.js";

/** What the gateway would say to a text, without serving it. */
export interface Preview {
  mistakes: Mistake[];
  warnings: string[];
  restart: string[];
}

export interface Change {
  /** Of the text that the edits were made on. */
  version: string;
  edits: Edit[];
  tokens?: NewTokens[];
}

/** A change that must not be applied as it is. */
export class ChangeRefused extends Error {
  constructor(readonly review: Review) {
    super("The change has mistakes: nothing was saved.");
  }
}

/** In a text that is only looked at, tokens that have no file yet are this. */
const PENDING_TOKEN = "token-that-is-not-saved-yet";

interface Planned {
  text: string;
  /** The same with stand-ins for tokens whose files are not there yet: what can be checked. */
  checkable: string;
  writes: { stored: StoredToken; value: string }[];
}

/** Changes of the configuration file: looked at, applied as a whole or not at all, and undone. */
export class ConfigEditor {
  readonly file: ConfigFile;
  private readonly store: TokenStore;

  constructor(
    path: string,
    private readonly preview: (text: string) => Promise<Preview>,
    private readonly env: () => Environment,
  ) {
    this.file = new ConfigFile(path);
    this.store = new TokenStore(resolve(path));
  }

  /** What a change would do. */
  async review(change: Change): Promise<Review> {
    return this.reviewPlan(this.plan(change));
  }

  /**
   * Saves a change. Throws ChangeRefused where it has mistakes, or would send saved tokens to another host; EditConflict
   * where somebody else has saved meanwhile.
   */
  async apply(change: Change): Promise<Review> {
    const plan = this.plan(change);
    const review = await this.reviewPlan(plan);
    if (review.mistakes.length > 0 || review.reenter.length > 0) throw new ChangeRefused(review);
    // A file that stays behind when the next step fails is never overwritten and names nothing.
    for (const { stored, value } of plan.writes) this.store.write(stored, value);
    this.file.save(plan.text, change.version);
    return review;
  }

  /** A text with its edits that the module can be asked about. */
  candidate(change: Change): string {
    return this.plan(change).checkable;
  }

  private async reviewPlan({ text: after, checkable }: Planned): Promise<Review> {
    const before = this.file.read().text;
    const diff = diffOf(before, after);
    return {
      ...(await this.preview(checkable)),
      diff,
      added: diff.filter(({ kind }) => kind === "added").length,
      removed: diff.filter(({ kind }) => kind === "removed").length,
      reenter: movedProviders(before, after),
    };
  }

  private plan({ edits, tokens = [] }: Change): Planned {
    const edited = editText(this.file.read().text, edits);
    return tokens.reduce((plan, added) => this.addTokens(plan, added), {
      text: edited,
      checkable: edited,
      writes: [] as Planned["writes"],
    });
  }

  /** Puts new tokens into a provider's list: in place of one, of variables that are not set, or behind the others. */
  private addTokens(plan: Planned, { provider: id, tokens, replaces }: NewTokens): Planned {
    const providers = objects(object(parse(plan.text))["providers"]);
    const found = providers.find(([, provider]) => (text(provider["id"]) || text(provider["type"])) === id);
    if (found === undefined) throw new Error(`There is no provider "${id}".`);
    const [index, provider] = found;
    const path = ["providers", index, "apiTokens"];
    const entries = members(provider["apiTokens"]);
    const names = entries.map(([, entry]) => (isRaw(entry) ? text(entry["name"]) : ""));
    const stored = this.store.plan(id, tokens, names);
    const edits = (values: object[]): Edit[] => this.tokenEdits(path, entries, names.indexOf(replaces ?? ""), values);
    return {
      text: editText(plan.text, edits(stored)),
      checkable: editText(plan.checkable, edits(stored.map(({ name }) => ({ name, value: PENDING_TOKEN })))),
      writes: [...plan.writes, ...stored.map((stored, i) => ({ stored, value: tokens[i]!.value }))],
    };
  }

  private tokenEdits(path: ConfigPath, entries: [number, unknown][], replaced: number, values: object[]): Edit[] {
    if (replaced >= 0)
      return values.map((value, i) =>
        i === 0 ? { op: "set", path: [...path, replaced], value } : { op: "insert", path, index: replaced + i, value },
      );
    const isUnset = ([, entry]: [number, unknown]) =>
      variablesOf(text(isRaw(entry) ? entry["value"] : entry)).some(name => !this.env()[name]);
    if (entries.every(isUnset)) return [{ op: "set", path, value: values }];
    return values.map((value, i) => ({ op: "insert", path, index: entries.length + i, value }));
  }
}

/** Providers that keep tokens and would send them to another host than before. */
function movedProviders(before: string, after: string): string[] {
  const hosts = (source: string) =>
    new Map(
      objects(object(parse(source))["providers"]).map(([, provider]) => {
        const id = text(provider["id"]) || text(provider["type"]);
        const kept = members(provider["apiTokens"]).map(([, entry]) => JSON.stringify(entry));
        return [id, { host: hostOf(addressOf(text(provider["type"]), text(provider["url"]))), kept }] as const;
      }),
    );
  const old = hosts(before);
  return [...hosts(after)].flatMap(([id, { host, kept }]) => {
    const was = old.get(id);
    return was && was.host !== host && kept.some(token => was.kept.includes(token)) ? [id] : [];
  });
}

function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
}

/** Where files beside the configuration are. */
export const directoryOf = (path: string): string => dirname(resolve(path));
