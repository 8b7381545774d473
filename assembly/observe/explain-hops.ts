/** The member `hops` of `POST /explain`: every hop of the plan, what happens to it, and the breakers that decide it. */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { ModelName } from "../config/model-mapping";
import { Provider } from "../config/provider";
import { CONCERNED, concernedEntry, opensAt } from "../health/breaker-state";
import { PROVIDERS_OWN } from "../health/health";
import { Ledger } from "../health/ledger";
import { Entry } from "../health/ledger-record";
import { Exchange, entryAt, healthOf, modelOf, routeOf } from "../request/exchange";
import { Hop } from "../request/hop";
import * as plan from "../request/plan";
import { PlanEntry, upstreamOf } from "../request/plan-entry";
import { BreakerHistory } from "./breaker-history";
import { inMs, writeBreaker } from "./breaker-report";
import { BreakerWord, wordName, wordOf } from "./breaker-word";

const NOTHING = Bytes.of("");
const HOPS = Bytes.of("hops");
const MODEL = Bytes.of("model");
const TYPE = Bytes.of("type");
const NAME = Bytes.of("name");
const PROVIDER = Bytes.of("provider");
const TOKEN = Bytes.of("token");
const KIND = Bytes.of("kind");
const UPSTREAM = Bytes.of("upstream");
const FALLBACK = Bytes.of("fallback");
const WEIGHT = Bytes.of("weight");
const USE = Bytes.of("use");
const STATE = Bytes.of("state");
const OPENS_IN = Bytes.of("opensInMs");
const CHOICE = Bytes.of("choice");
const FURTHER = Bytes.of("furtherTokens");
const BREAKERS = Bytes.of("breakers");
const OF = Bytes.of("of");
const TOKENS = Bytes.of("tokens");
const SERVES = Bytes.of("servesModel");
const PRIORITY = Bytes.of("priority");
const WHY = Bytes.of("why");

/** What becomes of a hop. */
enum Use {
  First,
  /** After the hops before it have failed. */
  Next,
  Skipped,
}
const USES: Bytes[] = Bytes.ofAll(["first", "next", "skipped"]);
/** Why it is skipped. */
const NO_TOKEN = Bytes.of("no-token-for-model");
const BREAKER = Bytes.of("breaker");
const FORCED = Bytes.of("forced");
const TRIAL = Bytes.of("trial");
/** By `TokenChoice`. */
const CHOICES: Bytes[] = Bytes.ofAll(["random", "weighted", "sticky"]);
/** By the place of `concernedEntry`. */
const CONCERNS: Bytes[] = Bytes.ofAll(["provider", "provider-model", "provider-api", "token", "token-model"]);

export class HopsReport {
  private now: u64 = 0;

  constructor(private readonly json: JsonWriter) {}

  /** After `history.read`. `first`: the hop where the request would go; null: nowhere. */
  write(x: Exchange, first: Hop | null, history: BreakerHistory, random: u64, now: u64): void {
    const json = this.json;
    this.now = now;
    const position = first !== null ? x.position : -1;
    json.key(HOPS).openArray();
    for (let i = 0; i < x.upstreamCount; i++) {
      if (i == position) this.writeHop(x, i, first!, Use.First, history);
      else if (plan.armToken(x, i, random, this.now)) this.writeHop(x, i, x.armed, Use.Next, history);
      else this.writeHop(x, i, null, Use.Skipped, history);
    }
    json.closeArray();
    x.hasArmed = false;
  }

  /** `hop`: with the token that would be chosen; null: none may be tried. */
  private writeHop(x: Exchange, position: i32, hop: Hop | null, use: Use, history: BreakerHistory): void {
    const json = this.json;
    const entry = entryAt(x, position);
    const upstream = upstreamOf(entry);
    const provider = upstream.provider;
    const health = healthOf(x);
    const ledger = health.current(provider.index);
    const opensIn = plan.opensInAt(x, position, this.now);
    const why = whyOf(x, entry, hop);
    const token = hop !== null ? hop.token : why === NO_TOKEN ? -1 : plan.soonestTokenAt(x, position, this.now);
    const isOpen = hop === null || hop.isForced;
    json.openObject();
    json.key(PROVIDER).text(provider.id);
    json.key(TYPE).text(provider.type);
    json.key(MODEL);
    this.writeModel(x, entry);
    json.key(KIND).text(routeOf(x).fallback.includes(upstream) ? FALLBACK : UPSTREAM);
    json.key(WEIGHT).number(upstream.weight);
    json.key(USE).text(unchecked(USES[use]));
    json.key(WHY).text(why);
    json.key(STATE).text(wordName(isOpen ? this.worstOf(x, ledger, entry, token) : stateOf(hop!)));
    json.key(OPENS_IN).number(opensIn == u64.MAX_VALUE ? -1 : inMs(this.now + opensIn, this.now));
    json.key(TOKEN).text(hop !== null ? provider.labelOf(hop.token) : NOTHING);
    json.key(CHOICE).text(unchecked(CHOICES[provider.tokenChoice]));
    json.key(FURTHER).number(furtherTokens(provider));
    json.key(BREAKERS).openArray();
    for (let i = 0; i < PROVIDERS_OWN; i++) this.writeConcern(x, ledger, 0, entry.model, i, history);
    json.closeArray();
    this.writeTokens(x, ledger, entry, history);
    json.closeObject();
  }

  /** Of all that keeps an attempt with this token out, what does so longest; `token` -1: no token is for this model. */
  private worstOf(x: Exchange, ledger: Ledger, entry: PlanEntry, token: i32): BreakerWord {
    const key = token >= 0 ? ledger.tokens.keyOf(token) : 0;
    let word = BreakerWord.Live;
    let until: u64 = 0;
    for (let i = 0; i < (token >= 0 ? CONCERNED : PROVIDERS_OWN) && ledger.view.count > 0; i++) {
      const concerned = concernedEntry(ledger.view, key, entry.model, x.api, i);
      if (concerned === null) continue;
      const found = wordOf(ledger.provider, concerned, healthOf(x).isProbing, this.now);
      const opens = opensAt(ledger.provider, concerned, healthOf(x).isProbing, this.now);
      if (found == BreakerWord.Live || opens < until) continue;
      until = opens;
      word = found;
    }
    return token < 0 && word == BreakerWord.Live ? BreakerWord.Out : word;
  }

  private writeTokens(x: Exchange, ledger: Ledger, entry: PlanEntry, history: BreakerHistory): void {
    const json = this.json;
    const provider = ledger.provider;
    json.key(TOKENS).openArray();
    for (let i = 0, k = provider.tokens.length; i < k; i++) {
      const token = unchecked(provider.tokens[i]);
      const key = ledger.tokens.keyOf(i);
      const isWell = ledger.entries.firstOf(i) < 0;
      json.openObject();
      json.key(NAME).text(token.label);
      json.key(WEIGHT).number(token.weight);
      json.key(PRIORITY).number(token.priority);
      json.key(SERVES).flag(servesModel(provider, i, entry, x));
      json.key(BREAKERS).openArray();
      for (let j = PROVIDERS_OWN; j < CONCERNED && !isWell; j++)
        this.writeConcern(x, ledger, key, entry.model, j, history);
      json.closeArray();
      json.closeObject();
    }
    json.closeArray();
  }

  /** Of what an attempt concerns, the `i`-th where it is not live. */
  private writeConcern(x: Exchange, ledger: Ledger, token: u64, model: u64, i: i32, history: BreakerHistory): void {
    const json = this.json;
    const isProbing = healthOf(x).isProbing;
    const entry: Entry | null = ledger.view.count > 0 ? concernedEntry(ledger.view, token, model, x.api, i) : null;
    if (entry === null || wordOf(ledger.provider, entry, isProbing, this.now) == BreakerWord.Live) return;
    json.openObject();
    json.key(OF).text(unchecked(CONCERNS[i]));
    writeBreaker(json, ledger, isProbing, entry, history, this.now);
    json.closeObject();
  }

  private writeModel(x: Exchange, entry: PlanEntry): void {
    if (entry.target != 0) this.json.text(changetype<ModelName>(entry.target).text);
    else this.json.string(x.modelLen > 0 ? modelOf(x) : 0, x.modelLen);
  }
}

/** "": it is live. */
function whyOf(x: Exchange, entry: PlanEntry, hop: Hop | null): Bytes {
  if (hop !== null) return hop.isForced ? FORCED : hop.isTrial ? TRIAL : NOTHING;
  const provider = upstreamOf(entry).provider;
  const count = provider.tokens.length;
  for (let i = 0; i < count; i++) if (servesModel(provider, i, entry, x)) return BREAKER;
  return count == 0 ? BREAKER : NO_TOKEN;
}

function servesModel(provider: Provider, token: i32, entry: PlanEntry, x: Exchange): bool {
  const target = entry.target != 0 ? changetype<ModelName>(entry.target).text : null;
  const name = target !== null ? target.ptr : modelOf(x);
  return unchecked(provider.tokens[token]).serves(name, target !== null ? target.len : x.modelLen);
}

function stateOf(hop: Hop): BreakerWord {
  return hop.isTrial ? BreakerWord.HalfOpen : BreakerWord.Live;
}

/** How many further tokens of it one request may try; -1: all that are live. */
function furtherTokens(provider: Provider): i64 {
  const retry = provider.retry;
  return !retry.isEnabled ? 0 : retry.maxRetries > 0 ? retry.maxRetries : -1;
}
