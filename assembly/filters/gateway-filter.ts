/**
 * The gateway filter: an HTTP filter on the client's stream. A request is read, admitted, parked until it is whole, planned, and
 * sent; the last answer is what an attempt let through, or an error of ours.
 */
import { Plugin } from "../config/plugin";
import { Routing } from "../config/site-config";
import * as exchanges from "../request/exchange-registry";
import { asksForModels } from "../request/api-paths";
import { readBody } from "../request/request-body";
import { keepHead, noteApi, readRequestHead } from "../request/request-head";
import { refuseBody } from "../response/body-refusal";
import { pruneTokens } from "../health/prune";
import { Health } from "../health/health";
import { isIdle } from "../health/idle";
import { BodyStatus, Handler, HeadersStatus } from "../proxywasm/dispatcher";
import { describeSpan } from "../observe/span-attributes";
import * as metricSlots from "../observe/metric-slots";
import * as host from "../proxywasm/host";
import { admit, checkEntry } from "./admission";
import { hasAttemptFilter } from "./attempt-filter";
import { park } from "./body-parking";
import { checkOrigin, isQuestion } from "./browsers";
import * as callouts from "./callouts";
import * as client from "./client-stream";
import { ClientStream, Phase } from "./client-stream";
import { keepRoute } from "./cluster-choice";
import * as deadlines from "./deadlines";
import * as directAttempt from "./direct-attempt";
import * as dueTimes from "./due-times";
import * as fleetMembers from "./fleet-members";
import * as finalAnswer from "./final-answer";
import { cleanRequestHeaders, cleanRequestTrailers } from "./header-cleaning";
import * as hostNames from "./host-names";
import { GaugeWriter } from "./gauge-writer";
import { planRequest } from "./planning";
import { answerQuestion, sendModels, sendRefusal } from "./send-reply";
import { BODY_OUT_OF_REACH, sendRequest } from "./send-request";
import * as timer from "./timer";
import { Service, letGo, matchesOf, retire, serviceFor, start } from "./service";

/** Those of all configurations in this VM: each has its own prober, served by whichever timer runs. */
const living: GatewayFilter[] = [];
let gaugeWriter: GaugeWriter | null = null;
/** Nothing is left in the ledger of tokens that no configuration has. */
let isPruned: bool = false;

export class GatewayFilter extends Handler {
  readonly services: Service[] = [];

  constructor(
    private plugin: Plugin,
    private root: u32,
  ) {
    super();
    exchanges.nameVm(host.random64());
    letGo();
    for (let i = 0, k = plugin.rules.length; i < k; i++) {
      const rule = plugin.rules[i];
      this.services.push(new Service(plugin, rule.config, root, matchesOf(rule)));
    }
    const global = plugin.global;
    if (global !== null) this.services.push(new Service(plugin, global, root));
    start(this.services);
    living.push(this);
    isPruned = false;
    timer.takeOver(root);
  }

  open(stream: u32): usize {
    return changetype<usize>(client.open(stream));
  }

  requestHeaders(state: usize, end: bool): HeadersStatus {
    const c = changetype<ClientStream>(state);
    const headers = host.headers(host.HeaderMap.Request);
    if (headers === null) return HeadersStatus.Continue;
    const list = headers.ptr;
    const length = headers.len;
    const head = readRequestHead(list, length);
    const service = serviceFor(this.plugin, this.services, head.authority);
    if (service === null) return HeadersStatus.Continue;

    const x = client.openExchange(c, service, host.monotonic());
    noteApi(x, head);
    let refusal = checkOrigin(x, head);
    if (isQuestion(head)) {
      answerQuestion(c, head);
      return HeadersStatus.StopIteration;
    }
    if (refusal === null) refusal = checkEntry(x, head);
    if (refusal === null && end && asksForModels(head.method, head.path)) {
      sendModels(c, head.path);
      return HeadersStatus.StopIteration;
    }
    if (refusal === null) refusal = admit(x, head, end);
    if (refusal !== null) {
      sendRefusal(c, refusal);
      return HeadersStatus.StopIteration;
    }

    keepHead(x, head, list, length);
    if (service.config.routing == Routing.Host) keepRoute();
    cleanRequestHeaders(list, length, x.dialect);
    host.setNumberHeader(host.HeaderMap.Request, hostNames.HOPS, <u64>x.hops + 1);
    c.phase = Phase.Collecting;
    // A body may stop coming.
    if (!end) timer.watch(c, x.started);
    return end && this.goOn(c, 0) ? HeadersStatus.Continue : HeadersStatus.StopIteration;
  }

  requestBody(state: usize, size: usize, end: bool): BodyStatus {
    const c = changetype<ClientStream>(state);
    if (c.phase == Phase.Answered || c.phase == Phase.Calling) return BodyStatus.StopNoBuffer;
    if (c.phase != Phase.Collecting) return BodyStatus.Continue;
    const x = client.exchangeOf(c);
    c.seenAt = dueTimes.heard();
    const isFirst = x.bodyLen == 0;
    if (isFirst) c.isParked = hasAttemptFilter(x);
    const refusal = park(x, size, isFirst && c.isParked);
    if (refusal !== null) {
      sendRefusal(c, refusal);
      return BodyStatus.StopNoBuffer;
    }
    if (end && this.goOn(c, 0)) return BodyStatus.Continue;
    // Only the placeholder is kept, so that a held request costs no buffer; without it the request would go on as one without a body.
    return isFirst && c.isParked ? BodyStatus.StopAndWatermark : BodyStatus.StopNoBuffer;
  }

  requestTrailers(state: usize): BodyStatus {
    const c = changetype<ClientStream>(state);
    if (c.phase == Phase.Answered || c.phase == Phase.Calling) return BodyStatus.StopAndBuffer;
    if (c.phase != Phase.Collecting) return BodyStatus.Continue;
    client.exchangeOf(c).wasUnpacked = cleanRequestTrailers();
    // Only a body callback can put a body in (facts 3.5).
    return this.goOn(c, BODY_OUT_OF_REACH) ? BodyStatus.Continue : BodyStatus.StopAndBuffer;
  }

  /**
   * The request is whole: reads its body, plans it, sends it to the first hop. `size` bytes of it are in the host's buffer. False: it
   * stays held, or has been answered.
   */
  private goOn(c: ClientStream, size: usize): bool {
    const x = client.exchangeOf(c);
    const now = host.monotonic();
    let refusal = refuseBody(readBody(x));
    if (refusal === null) refusal = planRequest(x, client.serviceOf(c).budgets, now);
    if (refusal !== null) {
      sendRefusal(c, refusal);
      return false;
    }
    if (!x.hasArmed) {
      c.phase = Phase.Waiting;
      timer.watch(c, now);
      return false;
    }
    return sendRequest(c, x, size, now);
  }

  responseHeaders(state: usize, end: bool): HeadersStatus {
    const c = changetype<ClientStream>(state);
    if (c.exchange == 0 || c.phase == Phase.Answered) return HeadersStatus.Continue;
    if (c.phase == Phase.Calling) return HeadersStatus.StopAllIterationAndWatermark;
    const status = c.phase == Phase.Direct ? directAttempt.responseHeaders(c, end) : finalAnswer.sendAnswer(c);
    if (end && status == HeadersStatus.Continue) this.endAnswer(c);
    return status;
  }

  responseBody(state: usize, size: usize, end: bool): BodyStatus {
    const c = changetype<ClientStream>(state);
    if (c.phase == Phase.Calling) return BodyStatus.StopNoBuffer;
    const status = c.phase == Phase.Direct ? directAttempt.responseBody(c, size, end) : BodyStatus.Continue;
    if (end) this.endAnswer(c);
    return status;
  }

  responseTrailers(state: usize): BodyStatus {
    const c = changetype<ClientStream>(state);
    if (c.phase == Phase.Calling) return BodyStatus.StopAndBuffer;
    const status = c.phase == Phase.Direct ? directAttempt.responseTrailers(c) : BodyStatus.Continue;
    this.endAnswer(c);
    return status;
  }

  /** The end of an answer may have come: its span in a trace ends before anything else is told of it. */
  private endAnswer(c: ClientStream): void {
    if (c.phase != Phase.Sent && c.phase != Phase.Direct) return;
    if (client.serviceOf(c).config.hasSpans) describeSpan(client.exchangeOf(c), true);
  }

  log(state: usize): void {
    const c = changetype<ClientStream>(state);
    if (c.exchange == 0 || !client.serviceOf(c).config.hasRecords) return;
    finalAnswer.countOutcome(c);
    finalAnswer.record(c);
  }

  close(state: usize): void {
    const c = changetype<ClientStream>(state);
    if (c.exchange != 0) finalAnswer.countOutcome(c);
    client.close(c);
  }

  tick(): void {
    if (!timer.isOf(this.root)) return;
    const now = host.monotonic();
    let busy = deadlines.check(now);
    for (let i = 0, k = living.length; i < k; i++) if (living[i].keepHealth(now)) busy = true;
    if (!isPruned) {
      isPruned = pruneTokens(healthsInUse());
      if (!isPruned) busy = true;
    }
    metricSlots.flush();
    if (gaugeWriter === null) gaugeWriter = new GaugeWriter();
    const mayChange = gaugeWriter!.write(now);
    // It may have gone to other roots and their streams.
    host.setEffective(this.root);
    const restPeriod = fleetMembers.restPeriod();
    if (fleetMembers.tick(now)) busy = true;
    if (busy) timer.quicken();
    else if (restPeriod > 0) timer.slowDown(restPeriod);
    else if (mayChange) timer.slowDown();
    else timer.stop();
  }

  /** Probes what is due. True: there is more to do. */
  private keepHealth(now: u64): bool {
    // The answer to a callout comes to the root that made it.
    if (!host.setEffective(this.root)) return false;
    let busy = false;
    for (let i = 0, k = this.services.length; i < k; i++) {
      const service = unchecked(this.services[i]);
      service.health.refresh();
      if (service.isReplaced) continue;
      service.prober.startDue(now);
      if (!isIdle(service.health)) busy = true;
    }
    return busy;
  }

  calloutAnswered(token: u32, headers: u32, size: usize): void {
    const now = host.monotonic();
    if (fleetMembers.answered(token, headers, size, now)) return;
    for (let i = 0, k = this.services.length; i < k; i++)
      if (unchecked(this.services[i]).prober.answered(token, headers, size, now)) return;
    callouts.answered(token, headers, size);
  }

  retire(): void {
    const at = living.indexOf(this);
    if (at >= 0) living.splice(at, 1);
    isPruned = false;
    metricSlots.flush();
    timer.removeRoot(this.root);
    for (let i = 0, k = this.services.length; i < k; i++)
      callouts.dropPending(this.services[i].config, host.monotonic());
    retire(this.services);
  }
}

function healthsInUse(): Health[] {
  const healths: Health[] = [];
  for (let i = 0, k = living.length; i < k; i++) {
    const services = living[i].services;
    for (let j = 0, n = services.length; j < n; j++) if (!services[j].isReplaced) healths.push(services[j].health);
  }
  return healths;
}
