/** `POST /explain`: what would happen to a request now, by the configuration that runs or by one that does not yet. */
import { Bytes } from "../text/bytes";
import { EMPTY, Span } from "../text/span";
import { Writer } from "../text/writer";
import { headerValue } from "../http/header-list";
import { LenientEnvironment, parsePlugin } from "../config/plugin-parser";
import { Plugin, Role } from "../config/plugin";
import { SiteConfig } from "../config/site-config";
import { ruleFor } from "../config/rule-matcher";
import { Health } from "../health/health";
import { RetryBudget } from "../health/retry-budget";
import * as exchanges from "../request/exchange-registry";
import { Exchange } from "../request/exchange";
import { Hop } from "../request/hop";
import { BreakerHistory } from "../observe/breaker-history";
import { DryRun } from "../observe/dry-run-result";
import { ExplainReport, ExplainSource } from "../observe/explain-report";
import { collectSoon } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import { buildHeaders } from "./callout-request";
import { dryRun } from "./dry-run";
import { ExplainFault, ExplainRequest } from "./explain-request";
import * as hostNames from "./host-names";
import { SharedStore } from "./shared-store";
import { budgetsOf, matchesIn, toldServiceFor, toldServices } from "./service";

export enum ExplainResult {
  /** `answer` has the text. */
  Done,
  NotJson,
  BadField,
  NoSite,
  /** `answer` has the mistakes. */
  BadConfig,
}

export class Explainer {
  private readonly request: ExplainRequest = new ExplainRequest();
  private readonly run: DryRun = new DryRun();
  private source: ExplainSource = new ExplainSource();
  private readonly report: ExplainReport = new ExplainReport();
  private readonly mistakes: Writer = new Writer();
  /** To be dropped when it is sent. */
  answer: Writer = this.mistakes;

  explain(body: Span, history: BreakerHistory, version: Bytes): ExplainResult {
    const request = this.request;
    const fault = request.read(body);
    let result = fault == ExplainFault.NotJson ? ExplainResult.NotJson : ExplainResult.BadField;
    if (fault == ExplainFault.None)
      result = request.config.len > 0 ? this.byCandidate(history, version) : this.byRunning(history, version);
    request.drop();
    return result;
  }

  private byRunning(history: BreakerHistory, version: Bytes): ExplainResult {
    const request = this.request;
    const services = toldServices();
    const authority = headerValue(request.headers.ptr, request.headers.len, hostNames.AUTHORITY) || EMPTY;
    if (request.site >= services.length) return ExplainResult.NoSite;
    const service =
      request.site >= 0 ? services[<i32>request.site] : toldServiceFor(request.route, request.service, authority);
    this.source = new ExplainSource();
    if (service === null) this.tellUntouched(history, version);
    else {
      this.source.site = services.indexOf(service);
      this.source.matches = service.site.matches;
      this.tell(service.config, service.health, service.budgets, history, version);
    }
    return ExplainResult.Done;
  }

  /** Read for this one answer; what is known of its providers and tokens is in the same ledger. */
  private byCandidate(history: BreakerHistory, version: Bytes): ExplainResult {
    const request = this.request;
    const environment = new LenientEnvironment(host.environment());
    collectSoon();
    const parsed = parsePlugin(request.config.ptr, request.config.len, environment);
    if (parsed.mistakes.length > 0 || parsed.plugin.role != Role.Gateway) return this.refuseConfig(parsed.mistakes);
    this.source = new ExplainSource();
    this.source.lacking = environment.lacking;
    const config = candidateFor(parsed.plugin, request);
    if (config === null) {
      this.tellUntouched(history, version);
      return ExplainResult.Done;
    }
    const health = new Health(config.providers, new SharedStore());
    health.isProbing = true;
    this.source.matches = matchesIn(parsed.plugin, config);
    this.tell(config, health, budgetsOf(config), history, version);
    health.drop();
    return ExplainResult.Done;
  }

  private refuseConfig(mistakes: string[]): ExplainResult {
    this.answer = this.mistakes;
    this.answer.intoOwn(256);
    this.answer.text(Bytes.of(mistakes.length > 0 ? mistakes.join("\n") : "role: another one; gateway"));
    return ExplainResult.BadConfig;
  }

  private tellUntouched(history: BreakerHistory, version: Bytes): void {
    this.answer = this.report.write(null, this.source, history, version, 0, host.monotonic(), host.wallClock());
  }

  private tell(
    config: SiteConfig,
    health: Health,
    budgets: RetryBudget[],
    history: BreakerHistory,
    version: Bytes,
  ): void {
    const now = host.monotonic();
    const run = this.run;
    history.read();
    dryRun(run, config, health, budgets, this.request.headers, this.request.body, now);
    const x = changetype<Exchange>(run.exchange);
    if (run.first != 0) {
      const list = buildHeaders(x, changetype<Hop>(run.first));
      run.sent.set(list.ptr, list.len);
    }
    this.answer = this.report.write(run, this.source, history, version, host.random64(), now, host.wallClock());
    run.refusal = null;
    exchanges.release(x);
  }
}

function candidateFor(plugin: Plugin, request: ExplainRequest): SiteConfig | null {
  const authority = headerValue(request.headers.ptr, request.headers.len, hostNames.AUTHORITY) || EMPTY;
  const route = request.route;
  const cluster = request.service;
  return ruleFor(plugin, route.ptr, route.len, cluster.ptr, cluster.len, authority.ptr, authority.len);
}
