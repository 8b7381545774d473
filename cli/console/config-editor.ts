import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { Environment } from "../config/expand.js";
import { members, object, objects, text } from "../config/raw.js";
import { ConfigFile } from "./config-file.js";
import { diffOf } from "./config-diff.js";
import { addressOf, viewOf } from "./config-view.js";
import { Refusal } from "../refusal.js";
import type {
  ConfigPath,
  Edit,
  Mistake,
  NewTokens,
  ProviderView,
  RemovedToken,
  Review,
  TokenView,
} from "./console-types.js";
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
  removals?: RemovedToken[];
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
  /** Lines that go from files of several tokens. */
  cuts: { file: string; fingerprint: string; of: number }[];
}

/** Changes of the configuration file: looked at, applied as a whole or not at all, and undone. */
export class ConfigEditor {
  readonly file: ConfigFile;
  private readonly store: TokenStore;

  constructor(
    path: string,
    private readonly preview: (text: string) => Promise<Preview>,
    private readonly env: () => Environment,
    /** The same of a text that stands in the file: it may be a few seconds old. */
    private readonly previewSaved = preview,
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
    for (const { file, fingerprint } of plan.cuts) this.store.cut(file, fingerprint);
    return review;
  }

  /** A text with its edits that the module can be asked about. */
  candidate(change: Change): string {
    return this.plan(change).checkable;
  }

  private async reviewPlan({ text: after, checkable, cuts }: Planned): Promise<Review> {
    const before = this.file.read().text;
    const diff = diffOf(before, after);
    const [now, then] = [await this.previewSaved(before), await this.preview(checkable)];
    return {
      ...then,
      // What the file warns of already is no news of this change.
      warnings: then.warnings.filter(warning => !now.warnings.includes(warning)),
      diff,
      added: diff.filter(({ kind }) => kind === "added").length,
      removed: diff.filter(({ kind }) => kind === "removed").length,
      reenter: movedProviders(before, after),
      cuts: cuts.map(({ file, of }) => ({ file, of })),
    };
  }

  private plan({ edits, tokens = [], removals = [] }: Change): Planned {
    const edited = editText(this.file.read().text, edits);
    const empty: Planned = { text: edited, checkable: edited, writes: [], cuts: [] };
    const added = tokens.reduce((plan, tokens) => this.addTokens(plan, tokens), empty);
    return removals.reduce((plan, removal) => this.removeToken(plan, removal), added);
  }

  /** Puts new tokens into a provider's list: in place of one or all, of variables that are not set, or behind the others. */
  private addTokens(plan: Planned, { provider: id, tokens, replaces, replacesAll = false }: NewTokens): Planned {
    const provider = this.providerOf(plan.text, id);
    const path = ["providers", provider.index, "apiTokens"];
    const names = replacesAll ? [] : provider.tokens.map(({ name }) => name);
    const stored = this.store.plan(id, tokens, names);
    const old = replaces === undefined ? undefined : tokenOf(provider, replaces);
    const isCut = old !== undefined && old.of > 1;
    const edits = (values: object[]): Edit[] =>
      replacesAll ? [{ op: "set", path, value: values }] : tokenEdits(path, provider.tokens, old, values);
    return {
      text: editText(plan.text, edits(stored)),
      checkable: editText(plan.checkable, edits(stored.map(({ name }) => ({ name, value: PENDING_TOKEN })))),
      writes: [...plan.writes, ...stored.map((stored, i) => ({ stored, value: tokens[i]!.value }))],
      cuts: isCut ? [...plan.cuts, this.cutOf(old)] : plan.cuts,
    };
  }

  /** Takes a token out: its entry, or its line where the entry's file holds others as well. */
  private removeToken(plan: Planned, { provider: id, name }: RemovedToken): Planned {
    const provider = this.providerOf(plan.text, id);
    const token = tokenOf(provider, name);
    if (token.of > 1) return { ...plan, cuts: [...plan.cuts, this.cutOf(token)] };
    const edits: Edit[] = [{ op: "delete", path: ["providers", provider.index, "apiTokens", token.index] }];
    return { ...plan, text: editText(plan.text, edits), checkable: editText(plan.checkable, edits) };
  }

  private cutOf({ source, from, fingerprint, of }: TokenView) {
    if (source !== "file" || fingerprint === null)
      throw new Refusal(`${from} holds ${of} tokens: take this one out of the variable itself, and start again.`);
    return { file: from, fingerprint, of };
  }

  private providerOf(text: string, id: string): ProviderView {
    const { providers } = viewOf(text, directoryOf(this.file.path), this.env(), () => false);
    const found = providers.find(provider => provider.id === id);
    if (found === undefined) throw new Refusal(`There is no provider "${id}".`);
    return found;
  }
}

function tokenOf({ id, tokens }: ProviderView, name: string): TokenView {
  const found = tokens.find(token => token.name === name);
  if (found === undefined) throw new Refusal(`There is no token "${name}" of ${id} in the file.`);
  return found;
}

function tokenEdits(
  path: ConfigPath,
  tokens: readonly TokenView[],
  old: TokenView | undefined,
  values: object[],
): Edit[] {
  const behind = (index: number): Edit[] =>
    values.map((value, i) => ({ op: "insert", path, index: index + 1 + i, value }));
  // The others of its file stay where they are.
  if (old !== undefined && old.of > 1) return behind(old.index);
  if (old !== undefined)
    return values.map((value, i) =>
      i === 0 ? { op: "set", path: [...path, old.index], value } : { op: "insert", path, index: old.index + i, value },
    );
  if (tokens.every(({ source, isMissing }) => source === "variable" && isMissing))
    return [{ op: "set", path, value: values }];
  return behind(tokens.at(-1)?.index ?? -1);
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
