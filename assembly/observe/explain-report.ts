/**
 * The answer to `POST /explain`: where a request would go now, and why. schema/explain.schema.json describes it, docs/status.md explains
 * it. Tokens are named, never shown; of the client's headers only the names are told.
 */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { Writer } from "../text/writer";
import { ClientKey } from "../config/site-config";
import { Route, Upstream } from "../config/route";
import { Exchange, modelOf, routeOf } from "../request/exchange";
import { Hop } from "../request/hop";
import * as plan from "../request/plan";
import { pathLength } from "../request/request-path";
import { Refusal } from "../response/replies";
import { BreakerHistory } from "./breaker-history";
import { inMs } from "./breaker-report";
import { DryRun } from "./dry-run-result";
import { writeLimits, writeSent } from "./explain-attempt";
import { HopsReport } from "./explain-hops";
import { openReport } from "./report-head";

export const EXPLAIN_VERSION: i64 = 1;

const NOTHING = Bytes.of("");

/** The configuration by which a request is explained. */
export class ExplainSource {
  /** As `/status` counts them; -1: none, or one that does not run. */
  site: i64 = -1;
  matches: Bytes = NOTHING;
  /** Variables of a configuration that does not run which this VM does not have. */
  lacking: string[] = [];
}

const SITE = Bytes.of("site");
const MATCHES = Bytes.of("matches");
const OUTCOME = Bytes.of("outcome");
const WAIT = Bytes.of("waitMs");
const REFUSAL = Bytes.of("refusal");
const REQUEST = Bytes.of("request");
const ROUTE = Bytes.of("route");
const LEFT_OUT = Bytes.of("leftOut");
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
const KIND = Bytes.of("kind");
const UPSTREAM = Bytes.of("upstream");
const FALLBACK = Bytes.of("fallback");
const WHY = Bytes.of("why");
const DIALECT = Bytes.of("api");
const SAME_MODEL = Bytes.of("same-model");

const UNTOUCHED = Bytes.of("untouched");
const ANSWERED = Bytes.of("answered");
const REFUSED = Bytes.of("refused");
const WAITS = Bytes.of("waits");
const GOES = Bytes.of("sent");

export class ExplainReport {
  private readonly json: JsonWriter = new JsonWriter(new Writer());
  private readonly hops: HopsReport = new HopsReport(this.json);
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
    openReport(json, EXPLAIN_VERSION, version, null, unixMs);
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
    this.hops.write(x, first, history, random, this.now);
    this.writeLeftOut(x, routeOf(x));
    writeLimits(json, x, routeOf(x), this.now);
    if (first !== null) writeSent(json, x, first, run.sent);
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

  // === Route ===

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
      predicate.writeTo(this.text);
      this.json.string(this.text.ptr, this.text.len);
      this.text.drop();
      return;
    }
    this.json.text(NOTHING);
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
}
