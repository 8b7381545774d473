/**
 * `GET /status`: the state of everything as JSON. schema/status.schema.json describes it, docs/status.md explains it. Times are ages:
 * the module's clock is not the wall clock. Tokens are named, never shown; providers' words are starred.
 */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { JsonWriter } from "../text/json-writer";
import { Writer } from "../text/writer";
import { Provider } from "../config/provider";
import { Route, Upstream } from "../config/route";
import { Predicate } from "../config/predicate";
import { isExpired } from "../health/breaker-timing";
import { Ledger } from "../health/ledger";
import { Entry } from "../health/ledger-record";
import { Store } from "../health/ledger-store";
import { NO_MODEL, NameHash } from "../health/name-hash";
import { PATHS } from "../request/api-paths";
import { BreakerHistory, HISTORY_LENGTH, keyOf } from "./breaker-history";
import { writeBreaker } from "./breaker-report";
import { BreakerWord, wordName, wordOf } from "./breaker-word";
import * as firstTokens from "./first-tokens";
import { Summary } from "./first-tokens";
import { FleetBoard } from "../fleet/fleet-state";
import { writeFleet } from "./fleet-report";
import * as metricSlots from "./metric-slots";
import { writeHistory } from "./history-report";
import { modelThere, nameOf } from "./model-names";
import { openReport } from "./report-head";
import { StatusSite } from "./status-site";

export const STATUS_VERSION: i64 = 1;

const FLEETS = Bytes.of("fleets");
const SITES = Bytes.of("sites");
const MATCHES = Bytes.of("matches");
const MISTAKES = Bytes.of("mistakes");
const PROVIDERS = Bytes.of("providers");
const ROUTES = Bytes.of("routes");
const HISTORY_SIZE = Bytes.of("historyLength");
const ID = Bytes.of("id");
const TYPE = Bytes.of("type");
const STATE = Bytes.of("state");
const BREAKER = Bytes.of("breaker");
const MODELS = Bytes.of("models");
const APIS = Bytes.of("apis");
const TOKENS = Bytes.of("tokens");
const NAME = Bytes.of("name");
const MODEL = Bytes.of("model");
const HOPS = Bytes.of("hops");
const PROVIDER = Bytes.of("provider");
const KIND = Bytes.of("kind");
const UPSTREAM = Bytes.of("upstream");
const FALLBACK = Bytes.of("fallback");
const WEIGHT = Bytes.of("weight");
const REQUESTS = Bytes.of("requests");
const FIRST_TOKEN = Bytes.of("firstToken");
const OF = Bytes.of("of");
const MEDIAN = Bytes.of("medianMs");
const SLOWEST = Bytes.of("slowestMs");
/** By `RequestOutcome`. */
const COUNT_NAMES: Bytes[] = Bytes.ofAll(["served", "rescued", "returned", "refused", "failed", "clientLeft"]);

export class StatusReport {
  private readonly json: JsonWriter = new JsonWriter(new Writer());
  private now: u64 = 0;

  constructor(private readonly store: Store) {}

  /**
   * After `history.read`. `envoy`: the host's version, "" where it does not say it. `unixMs`: the wall clock. Drop the writer when its text
   * is sent.
   */
  write(
    sites: StatusSite[],
    fleets: FleetBoard[],
    history: BreakerHistory,
    version: Bytes,
    envoy: Span,
    now: u64,
    unixMs: i64,
  ): Writer {
    const json = this.json;
    this.now = now;
    metricSlots.flush();
    firstTokens.flush(this.store);
    openReport(json, STATUS_VERSION, version, envoy, unixMs);
    json.key(FLEETS).openArray();
    for (let i = 0, k = fleets.length; i < k; i++) writeFleet(json, fleets[i], now);
    json.closeArray();
    json.key(SITES).openArray();
    for (let i = 0, k = sites.length; i < k; i++) this.writeSite(sites[i], history);
    json.closeArray();
    writeHistory(json, sites, history, now);
    json.key(HISTORY_SIZE).number(HISTORY_LENGTH);
    json.closeObject();
    return json.out;
  }

  private writeSite(site: StatusSite, history: BreakerHistory): void {
    const json = this.json;
    const config = site.config;
    site.health.refresh();
    json.openObject();
    json.key(MATCHES).text(site.matches);
    json.key(MISTAKES).openArray();
    for (let i = 0, k = config.mistakes.length; i < k; i++) json.text(config.mistakes[i]);
    json.closeArray();
    json.key(PROVIDERS).openArray();
    for (let i = 0, k = config.providers.length; i < k; i++) this.writeProvider(site, config.providers[i], history);
    json.closeArray();
    json.key(ROUTES).openArray();
    for (let i = 0, k = config.routes.length; i < k; i++) this.writeRoute(site, config.routes[i]);
    json.closeArray();
    json.closeObject();
  }

  // === Providers, tokens, models ===

  private writeProvider(site: StatusSite, provider: Provider, history: BreakerHistory): void {
    const json = this.json;
    const ledger = site.health.current(provider.index);
    json.openObject();
    json.key(ID).text(provider.id);
    json.key(TYPE).text(provider.type);
    this.writeBreaker(site, ledger, ledger.view.find(0, 0), history);
    this.writeNamed(site, ledger, 0, false, history);
    this.writeNamed(site, ledger, 0, true, history);
    json.key(TOKENS).openArray();
    for (let i = 0, k = provider.tokens.length; i < k; i++) {
      const key = ledger.tokens.keyOf(i);
      const isWell = ledger.entries.firstOf(i) < 0;
      json.openObject();
      json.key(NAME).text(unchecked(provider.tokens[i]).label);
      this.writeBreaker(site, ledger, isWell ? null : ledger.view.find(key, 0), history);
      this.writeNamed(site, ledger, key, false, history);
      json.closeObject();
    }
    json.closeArray();
    json.closeObject();
  }

  /** The state of the whole, in one word and in full. */
  private writeBreaker(site: StatusSite, ledger: Ledger, entry: Entry | null, history: BreakerHistory): void {
    const json = this.json;
    const isThere = entry !== null && this.isTold(entry);
    const word = isThere ? wordOf(ledger.provider, entry!, site.health.isProbing, this.now) : BreakerWord.Live;
    json.key(STATE).text(wordName(word));
    json.key(BREAKER);
    if (!isThere) return json.nothing();
    json.openObject();
    this.writeEntry(site, ledger, entry!, history);
    json.closeObject();
  }

  private isTold(entry: Entry): bool {
    if (entry.isClosedMark && entry.failures == 0) return entry.isHeldOut(this.now);
    return !isExpired(entry, this.now) || entry.isHeldOut(this.now);
  }

  /** The models, or the APIs, that are not well: of a token, or of the provider where `token` is 0. */
  private writeNamed(site: StatusSite, ledger: Ledger, token: u64, ofApi: bool, history: BreakerHistory): void {
    const json = this.json;
    const view = ledger.view;
    json.key(ofApi ? APIS : MODELS).openArray();
    for (let i = view.placeOf(token, 1), k = view.count; i < k && view.at(i).token == token; i++) {
      const entry = view.at(i);
      if (entry.isOfApi != ofApi || !this.isTold(entry)) continue;
      json.openObject();
      json.key(MODEL);
      this.writeName(site, ledger, entry, history);
      this.writeEntry(site, ledger, entry, history);
      json.closeObject();
    }
    json.closeArray();
  }

  private writeEntry(site: StatusSite, ledger: Ledger, entry: Entry, history: BreakerHistory): void {
    writeBreaker(this.json, ledger, site.health.isProbing, entry, history, this.now);
  }

  /** As it was when the breaker opened; else as the configuration has it; else "#" and the end of its key. */
  private writeName(site: StatusSite, ledger: Ledger, entry: Entry, history: BreakerHistory): void {
    const change = history.find(keyOf(ledger.provider), entry.token, entry.model);
    if (change !== null && change.nameLen > 0) return this.json.string(change.name, change.nameLen);
    if (entry.model == NO_MODEL) return this.json.text(NOTHING);
    const hashes = site.health.names;
    const name = entry.isOfApi
      ? pathOf(hashes, entry.model)
      : nameOf(site.routesOf[ledger.provider.index], ledger.provider, hashes, entry.model);
    if (name !== null) return this.json.text(name);
    nameText.into(nameRoom, NAME_SIZE);
    nameText.byte(HASH);
    store<u32>(number, bswap<u32>(<u32>entry.model));
    nameText.hex(number, sizeof<u32>());
    this.json.string(nameText.ptr, nameText.len);
  }

  // === Routes ===

  private writeRoute(site: StatusSite, route: Route): void {
    const json = this.json;
    json.openObject();
    json.key(NAME).text(route.name);
    json.key(MODELS).openArray();
    for (let i = 0, k = route.predicates.length; i < k; i++) this.writePredicate(route.predicates[i]);
    json.closeArray();
    json.key(HOPS).openArray();
    for (let i = 0, k = route.upstreams.length; i < k; i++) this.writeHop(route, route.upstreams[i], UPSTREAM);
    for (let i = 0, k = route.fallback.length; i < k; i++) this.writeHop(route, route.fallback[i], FALLBACK);
    json.closeArray();
    json.key(REQUESTS).openObject();
    for (let i = 0, k = COUNT_NAMES.length; i < k; i++)
      json.key(COUNT_NAMES[i]).number(site.metrics.countOf(route.index, i));
    json.closeObject();
    json.key(FIRST_TOKEN);
    this.writeFirstTokens(site.metrics.firstTokensOf(route.index, this.store));
    json.closeObject();
  }

  private writeFirstTokens(times: Summary): void {
    const json = this.json;
    if (times.count == 0) return json.nothing();
    json.openObject();
    json.key(OF).number(times.count);
    json.key(MEDIAN).number(times.medianMs);
    json.key(SLOWEST).number(times.slowestMs);
    json.closeObject();
  }

  /** "qwen-*" */
  private writePredicate(predicate: Predicate): void {
    nameText.intoOwn(predicate.value.len + 1);
    predicate.writeTo(nameText);
    this.json.string(nameText.ptr, nameText.len);
    nameText.drop();
  }

  private writeHop(route: Route, upstream: Upstream, kind: Bytes): void {
    const json = this.json;
    const name = modelThere(route, upstream);
    json.openObject();
    json.key(PROVIDER).text(upstream.provider.id);
    json.key(MODEL).text(name !== null ? name.text : NOTHING);
    json.key(KIND).text(kind);
    json.key(WEIGHT).number(upstream.weight);
    json.closeObject();
  }
}

const NOTHING = Bytes.of("");
const HASH = 0x23;
const nameText = new Writer();
const number: usize = memory.data(4);

const NAME_SIZE: usize = 16;
const nameRoom: usize = memory.data(16);

function pathOf(hashes: NameHash, key: u64): Bytes | null {
  for (let i = 0, k = PATHS.length; i < k; i++) if (hashes.api(PATHS[i].ptr, PATHS[i].len) == key) return PATHS[i];
  return null;
}
