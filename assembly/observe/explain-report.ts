/**
 * The answer to `POST /explain`: where a request would go now, and why. schema/explain.schema.json describes it, docs/status.md explains
 * it. Tokens are named, never shown; of the client's headers only the names are told.
 */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { CONTENT_LENGTH } from "../http/header-names";
import { Header } from "../http/header-list";
import { ClientKey } from "../config/site-config";
import { ModelName } from "../config/model-mapping";
import { Provider } from "../config/provider";
import { Route, Upstream } from "../config/route";
import { CONCERNED, concernedEntry, opensAt } from "../health/breaker-state";
import { PROVIDERS_OWN } from "../health/health";
import { Ledger } from "../health/ledger";
import { Entry } from "../health/ledger-record";
import { Exchange, budgetOf, configOf, entryAt, healthOf, modelOf, routeOf } from "../request/exchange";
import { Hop, endpointOf, providerOf } from "../request/hop";
import { PlanEntry, upstreamOf } from "../request/plan-entry";
import * as hopRequest from "../request/hop-request";
import * as plan from "../request/plan";
import { pathLength } from "../request/request-path";
import * as timeLimits from "../request/time-limits";
import { Refusal } from "../response/replies";
import { BreakerHistory } from "./breaker-history";
import { inMs, writeBreaker } from "./breaker-report";
import { BreakerWord, wordName, wordOf } from "./breaker-word";
import { guardName } from "./guard-word";

export const EXPLAIN_VERSION: i64 = 1;

const NOTHING = Bytes.of("");

/** A request that went the way of a real one, but for being sent. */
export class DryRun {
  /** An `Exchange`. */
  exchange: usize = 0;
  /** What its client would be told; null: nothing is wrong. */
  refusal: Refusal | null = null;
  /** The gateway itself would answer: with its list of models, or what a browser asks of it. */
  isAnswered: bool = false;
  /** It shows no client's key, for which it would be refused; here that does not count. */
  lacksKey: bool = false;
  /** The `Hop` where it would go; 0: nowhere, or not yet. */
  first: usize = 0;
  /** The headers that this hop would get, in the host's layout. */
  readonly sent: Span = new Span();
}

/** The configuration by which a request is explained. */
export class ExplainSource {
  /** As `/status` counts them; -1: none, or one that does not run. */
  site: i64 = -1;
  matches: Bytes = NOTHING;
  /** Variables of a configuration that does not run which this VM does not have. */
  lacking: string[] = [];
}

function names(list: string[]): Bytes[] {
  return list.map<Bytes>((name: string) => Bytes.of(name));
}

const VERSION = Bytes.of("version");
const GATEWAY = Bytes.of("gateway");
const NOW = Bytes.of("now");
const SITE = Bytes.of("site");
const MATCHES = Bytes.of("matches");
const OUTCOME = Bytes.of("outcome");
const WAIT = Bytes.of("waitMs");
const REFUSAL = Bytes.of("refusal");
const REQUEST = Bytes.of("request");
const ROUTE = Bytes.of("route");
const HOPS = Bytes.of("hops");
const LEFT_OUT = Bytes.of("leftOut");
const LIMITS = Bytes.of("limits");
const SENT = Bytes.of("sent");
const LACKING = Bytes.of("unknownVariables");

const API = Bytes.of("api");
const MODEL = Bytes.of("model");
const STREAMED = Bytes.of("streamed");
const CLIENT = Bytes.of("client");
const LACKS_KEY = Bytes.of("lacksKey");
const ATTEMPTS = Bytes.of("attempts");

const STATUS = Bytes.of("status");
const CODE = Bytes.of("code");
const TYPE = Bytes.of("type");
const MESSAGE = Bytes.of("message");
const RETRY_AFTER = Bytes.of("retryAfterS");

const NAME = Bytes.of("name");
const MATCHED = Bytes.of("matched");
const IS_DRAWN = Bytes.of("isDrawn");

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
const DIALECT = Bytes.of("api");
const SAME_MODEL = Bytes.of("same-model");

const TIMEOUT = Bytes.of("timeoutMs");
const FIRST_TOKEN = Bytes.of("firstTokenMs");
const ATTEMPT = Bytes.of("attemptMs");
const IDLE = Bytes.of("idleMs");
const STALL = Bytes.of("stallMs");
const MOST_WAIT = Bytes.of("maxWaitMs");
const GUARD = Bytes.of("guard");
const BODY_LIMIT = Bytes.of("requestBody");
const BUDGET = Bytes.of("retryBudget");
const BUDGET_USED = Bytes.of("retryBudgetUsedUp");

const AUTHORITY = Bytes.of("authority");
const PATH = Bytes.of("path");
const HEADERS_SET = Bytes.of("headersSet");
const HEADERS_PASSED = Bytes.of("headersPassed");
const HEADERS_DROPPED = Bytes.of("headersDropped");
const STAR = Bytes.of("*");

const UNTOUCHED = Bytes.of("untouched");
const ANSWERED = Bytes.of("answered");
const REFUSED = Bytes.of("refused");
const WAITS = Bytes.of("waits");
const GOES = Bytes.of("sent");

/** What becomes of a hop. */
enum Use {
  First,
  /** After the hops before it have failed. */
  Next,
  Skipped,
}
const USES: Bytes[] = names(["first", "next", "skipped"]);
/** Why it is skipped. */
const NO_TOKEN = Bytes.of("no-token-for-model");
const BREAKER = Bytes.of("breaker");
const FORCED = Bytes.of("forced");
const TRIAL = Bytes.of("trial");
/** By `TokenChoice`. */
const CHOICES: Bytes[] = names(["random", "weighted", "sticky"]);
/** By the place of `concernedEntry`. */
const CONCERNS: Bytes[] = names(["provider", "provider-model", "provider-api", "token", "token-model"]);

export class ExplainReport {
  private readonly json: JsonWriter = new JsonWriter(new Writer());
  private readonly text: Writer = new Writer();
  private now: u64 = 0;

  /**
   * After `history.read`. `run` is null where no configuration has a part for the request; `unixMs`: the wall clock. Drop the writer
   * when its text is sent.
   */
  write(
    run: DryRun | null,
    source: ExplainSource,
    history: BreakerHistory,
    version: Bytes,
    random: u64,
    now: u64,
    unixMs: i64,
  ): Writer {
    const json = this.json;
    this.now = now;
    json.out.intoOwn(16 << 10);
    json.start().openObject();
    json.key(VERSION).number(EXPLAIN_VERSION);
    json.key(GATEWAY).openObject();
    json.key(VERSION).text(version);
    json.closeObject();
    json.key(NOW).number(unixMs);
    json.key(SITE).number(source.site);
    json.key(MATCHES).text(source.matches);
    json.key(LACKING).openArray();
    for (let i = 0, k = source.lacking.length; i < k; i++) json.text(Bytes.of(source.lacking[i]));
    json.closeArray();
    if (run === null) json.key(OUTCOME).text(UNTOUCHED);
    else this.writeRun(run, history, random);
    json.closeObject();
    return json.out;
  }

  private writeRun(run: DryRun, history: BreakerHistory, random: u64): void {
    const json = this.json;
    const x = changetype<Exchange>(run.exchange);
    const refusal = run.refusal;
    const first = run.first != 0 ? changetype<Hop>(run.first) : null;
    const waits = refusal === null && first === null && !run.isAnswered;
    json.key(OUTCOME).text(run.isAnswered ? ANSWERED : refusal !== null ? REFUSED : waits ? WAITS : GOES);
    if (waits) json.key(WAIT).number(inMs(this.now + plan.limitPassesIn(x, this.now), this.now));
    // Before anything else makes one: there is one refusal at a time.
    if (refusal !== null) this.writeRefusal(refusal);
    this.writeRequest(x, run);
    if (x.route == 0) return;
    this.writeRoute(x, routeOf(x));
    this.writeHops(x, first, history, random);
    this.writeLeftOut(x, routeOf(x));
    this.writeLimits(x, routeOf(x));
    if (first !== null) this.writeSent(x, first, run.sent);
  }

  /** As the client would read it. */
  private writeRefusal(refusal: Refusal): void {
    const json = this.json;
    const error = refusal.reply.error;
    json.key(REFUSAL).openObject();
    json.key(STATUS).number(error.status);
    json.key(CODE).text(error.code);
    json.key(TYPE).text(error.type);
    json.key(MESSAGE).string(refusal.message.ptr, refusal.message.len);
    json.key(RETRY_AFTER).number(<i64>refusal.retryAfter);
    json.closeObject();
  }

  private writeRequest(x: Exchange, run: DryRun): void {
    const json = this.json;
    json.key(REQUEST).openObject();
    const size = pathLength(x.text, x.pathLen);
    json.key(API).string(x.text + x.basePrefix, size - x.basePrefix);
    json.key(MODEL).string(x.modelLen > 0 ? modelOf(x) : 0, x.modelLen);
    json.key(STREAMED).flag(x.isStreamed);
    json.key(CLIENT).text(x.clientKey != 0 ? changetype<ClientKey>(x.clientKey).name : NOTHING);
    json.key(LACKS_KEY).flag(run.lacksKey);
    // 1: it names state that one provider holds, or the client or the provider wants no more.
    json.key(ATTEMPTS).number(plan.furtherAttempts(x) + 1);
    json.closeObject();
  }

  // === Route and hops ===

  private writeRoute(x: Exchange, route: Route): void {
    const json = this.json;
    json.key(ROUTE).openObject();
    json.key(NAME).text(route.name);
    json.key(MATCHED);
    this.writeMatched(x, route);
    json.key(IS_DRAWN).flag(plan.isDrawn(route));
    json.closeObject();
  }

  /** The first of its predicates that fits; "": it takes every model. */
  private writeMatched(x: Exchange, route: Route): void {
    for (let i = 0, k = route.predicates.length; i < k; i++) {
      const predicate = unchecked(route.predicates[i]);
      if (!predicate.matches(modelOf(x), x.modelLen)) continue;
      this.text.intoOwn(predicate.value.len + 1);
      this.text.text(predicate.value);
      if (!predicate.isExact) this.text.text(STAR);
      this.json.string(this.text.ptr, this.text.len);
      this.text.drop();
      return;
    }
    this.json.text(NOTHING);
  }

  private writeHops(x: Exchange, first: Hop | null, history: BreakerHistory, random: u64): void {
    const json = this.json;
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
    json.key(TOKEN).text(hop !== null ? labelOf(provider, hop.token) : NOTHING);
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

  /** Upstreams of the route that are not in the plan. */
  private writeLeftOut(x: Exchange, route: Route): void {
    this.json.key(LEFT_OUT).openArray();
    this.writeLeftOutOf(x, route.upstreams, UPSTREAM);
    this.writeLeftOutOf(x, route.fallback, FALLBACK);
    this.json.closeArray();
  }

  private writeLeftOutOf(x: Exchange, upstreams: Upstream[], kind: Bytes): void {
    const json = this.json;
    for (let i = 0, k = upstreams.length; i < k; i++) {
      const upstream = unchecked(upstreams[i]);
      if (plan.isInPlan(x, upstream)) continue;
      json.openObject();
      json.key(PROVIDER).text(upstream.provider.id);
      json.key(KIND).text(kind);
      json.key(WHY).text(plan.mayServe(upstream.provider, x) ? SAME_MODEL : DIALECT);
      json.closeObject();
    }
  }

  // === Limits, and what goes out ===

  private writeLimits(x: Exchange, route: Route): void {
    const json = this.json;
    const config = configOf(x);
    const limit = timeLimits.tryTimeout(x);
    const isFirstToken = timeLimits.isOnFirstEvent(x);
    json.key(LIMITS).openObject();
    json.key(TIMEOUT).number(route.timeout);
    // 0: no other hop could follow an attempt that takes longer.
    json.key(FIRST_TOKEN).number(isFirstToken ? limit : 0);
    json.key(ATTEMPT).number(isFirstToken ? 0 : limit);
    json.key(IDLE).number(config.idleTimeout);
    json.key(STALL).number(config.stallTimeout);
    json.key(MOST_WAIT).number(route.maxWait);
    json.key(GUARD).text(guardName(route.guard));
    json.key(BODY_LIMIT).number(config.requestBodyLimit);
    json.key(BUDGET).number(route.retryBudget);
    json.key(BUDGET_USED).flag(x.budget != 0 && budgetOf(x).isUsedUp(this.now));
    json.closeObject();
  }

  /** The first attempt, but for its body. */
  private writeSent(x: Exchange, hop: Hop, sent: Span): void {
    const json = this.json;
    const endpoint = endpointOf(hop);
    json.key(SENT).openObject();
    json.key(PROVIDER).text(providerOf(hop).id);
    json.key(TOKEN).text(labelOf(providerOf(hop), hop.token));
    json.key(AUTHORITY).text(endpoint.authority);
    const path = hopRequest.path(x, hop);
    json.key(PATH).string(path.ptr, path.len);
    json.key(HEADERS_SET).openArray();
    this.writeNames(sent.ptr, sent.len, x.headers, x.headersLen, false);
    json.closeArray();
    json.key(HEADERS_PASSED).openArray();
    this.writeNames(x.headers, x.headersLen, sent.ptr, sent.len, true);
    json.closeArray();
    json.key(HEADERS_DROPPED).openArray();
    this.writeNames(x.headers, x.headersLen, sent.ptr, sent.len, false);
    json.closeArray();
    json.closeObject();
  }

  /** Names of the headers of one list that the other has, or has not, with the same value. */
  private writeNames(list: usize, len: usize, other: usize, otherLen: usize, inBoth: bool): void {
    const header = walk.start(list, len);
    while (header.next()) {
      if (load<u8>(header.name) == COLON || header.isNamed(CONTENT_LENGTH)) continue;
      const isSame = hasHeader(other, otherLen, header);
      if (isSame == inBoth) this.json.string(header.name, header.nameLen);
    }
  }
}

const COLON: u8 = 0x3a;
const walk = new Header();
const search = new Header();

/** Whether a list has this header, with this value. */
function hasHeader(list: usize, len: usize, wanted: Header): bool {
  const header = search.start(list, len);
  while (header.next())
    if (
      header.nameLen == wanted.nameLen &&
      header.valueLen == wanted.valueLen &&
      memory.compare(header.name, wanted.name, header.nameLen) == 0 &&
      memory.compare(header.value, wanted.value, header.valueLen) == 0
    )
      return true;
  return false;
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

function labelOf(provider: Provider, token: i32): Bytes {
  return token >= 0 && token < provider.tokens.length ? unchecked(provider.tokens[token]).label : NOTHING;
}

/** How many further tokens of it one request may try; -1: all that are live. */
function furtherTokens(provider: Provider): i64 {
  const retry = provider.retry;
  return !retry.isEnabled ? 0 : retry.maxRetries > 0 ? retry.maxRetries : -1;
}
