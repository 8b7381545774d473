/**
 * The gateway role: an HTTP filter on the client's stream. It parks the request's body, makes the plan, sends the request on its
 * way, and gives the last answer: what an attempt let through, or an error of ours.
 */
import { Bytes } from "../text/bytes";
import { headersIn } from "../http/header-list";
import { Plugin } from "../config/plugin";
import * as exchanges from "../request/exchange";
import { FORWARDED_PROTO, mustNotForward } from "../request/client-headers";
import { readRequestHead } from "../request/request-head";
import { pruneTokens } from "../health/prune";
import { Health } from "../health/health";
import { isIdle } from "../health/idle";
import { BodyStatus, Handler, HeadersStatus } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import { attemptRoots } from "./attempt-roots";
import * as callouts from "./callouts";
import * as client from "./client-stream";
import { ClientStream, Phase } from "./client-stream";
import * as deadlines from "./deadlines";
import * as directAttempt from "./direct-attempt";
import * as finalAnswer from "./final-answer";
import * as admission from "./admission";
import * as operations from "./stream-operations";
import * as timer from "./timer";
import { Service, letGo, retire, serviceFor } from "./service";

const REQUEST = host.HeaderMap.Request;
const BODY = host.Buffer.RequestBody;
/** Goes down the chain in place of the parked body, so that no buffer limit of Envoy counts (facts 3.4). */
const PLACEHOLDER = Bytes.of("{}");

/** Those of all configurations in this VM: each has its own prober, served by whichever timer runs. */
const living: GatewayFilter[] = [];
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
    for (let i = 0, k = plugin.rules.length; i < k; i++) this.services.push(new Service(plugin.rules[i].config, root));
    const global = plugin.global;
    if (global !== null) this.services.push(new Service(global, root));
    living.push(this);
    isPruned = false;
    timer.takeOver(root);
  }

  open(stream: u32): usize {
    return changetype<usize>(client.open(stream));
  }

  requestHeaders(state: usize, end: bool): HeadersStatus {
    const c = changetype<ClientStream>(state);
    const headers = host.headers(REQUEST);
    if (headers === null) return HeadersStatus.Continue;
    const list = headers.ptr;
    const length = headers.len;
    const head = readRequestHead(list, length);
    const service = serviceFor(this.plugin, this.services, head.authority);
    if (service === null) return HeadersStatus.Continue;
    if (!admission.admit(c, service, head, list, length, end)) return HeadersStatus.StopIteration;
    const header = headersIn(list, length);
    while (header.next())
      if (mustNotForward(header.name, header.nameLen) && !header.isNamed(FORWARDED_PROTO))
        host.removeHeader(REQUEST, header.name, header.nameLen);
    if (!end) return HeadersStatus.StopIteration;
    return admission.launch(c, 0) ? HeadersStatus.Continue : HeadersStatus.StopIteration;
  }

  requestBody(state: usize, size: usize, end: bool): BodyStatus {
    const c = changetype<ClientStream>(state);
    if (c.phase == Phase.Answered || c.phase == Phase.Calling) return BodyStatus.StopNoBuffer;
    if (c.phase != Phase.Collecting) return BodyStatus.Continue;
    const x = client.exchangeOf(c);
    const first = x.bodyLen == 0;
    if (first) c.parked = attemptRoots > 0;
    if (size > 0) {
      const needed = x.bodyLen + size;
      const capacity = exchanges.capacityFor(x, needed);
      if (!admission.hasRoom(c, needed, capacity)) return BodyStatus.StopNoBuffer;
      exchanges.reserveBody(x, capacity);
      x.bodyLen += host.bodyInto(BODY, 0, size, x.body + x.bodyLen);
      host.setBody(BODY, 0, size, PLACEHOLDER.ptr, first && c.parked ? PLACEHOLDER.len : 0);
    }
    // Only the placeholder is kept, so that a held request costs no buffer; without it the request would go on as one without a body.
    const held = first && c.parked ? BodyStatus.StopAndWatermark : BodyStatus.StopNoBuffer;
    return end && admission.launch(c, 0) ? BodyStatus.Continue : held;
  }

  requestTrailers(state: usize): BodyStatus {
    const c = changetype<ClientStream>(state);
    if (c.phase == Phase.Answered || c.phase == Phase.Calling) return BodyStatus.StopAndBuffer;
    if (c.phase != Phase.Collecting) return BodyStatus.Continue;
    operations.cleanRequestTrailers();
    // Only a body callback can put a body in (facts 3.5).
    return admission.launch(c, admission.BODY_OUT_OF_REACH) ? BodyStatus.Continue : BodyStatus.StopAndBuffer;
  }

  responseHeaders(state: usize, end: bool): HeadersStatus {
    const c = changetype<ClientStream>(state);
    if (c.exchange == 0 || c.phase == Phase.Answered) return HeadersStatus.Continue;
    if (c.phase == Phase.Calling) return HeadersStatus.StopAllIterationAndWatermark;
    return c.phase == Phase.Direct ? directAttempt.responseHeaders(c, end) : finalAnswer.sendAnswer(c);
  }

  responseBody(state: usize, size: usize, end: bool): BodyStatus {
    const c = changetype<ClientStream>(state);
    if (c.phase == Phase.Calling) return BodyStatus.StopNoBuffer;
    return c.phase == Phase.Direct ? directAttempt.responseBody(c, size, end) : BodyStatus.Continue;
  }

  responseTrailers(state: usize): BodyStatus {
    const c = changetype<ClientStream>(state);
    if (c.phase == Phase.Calling) return BodyStatus.StopAndBuffer;
    return c.phase == Phase.Direct ? directAttempt.responseTrailers(c) : BodyStatus.Continue;
  }

  close(state: usize): void {
    const c = changetype<ClientStream>(state);
    if (c.exchange != 0) finalAnswer.countOutcome(c);
    client.close(c);
  }

  tick(): void {
    if (!timer.isOf(this.root)) return;
    const now = host.monotonic();
    let busy = deadlines.look(now);
    for (let i = 0, k = living.length; i < k; i++) if (living[i].keepHealth(now)) busy = true;
    if (!isPruned) {
      isPruned = pruneTokens(healthsInUse());
      if (!isPruned) busy = true;
    }
    // It may have gone to other roots and their streams.
    host.setEffective(this.root);
    if (!busy) timer.stop();
  }

  /** Probes what is due. True: there is more to do. */
  private keepHealth(now: u64): bool {
    // The answer to a callout comes to the root that made it.
    if (!host.setEffective(this.root)) return false;
    let busy = false;
    for (let i = 0, k = this.services.length; i < k; i++) {
      const service = unchecked(this.services[i]);
      service.health.refresh();
      service.prober.look(now);
      if (!isIdle(service.health)) busy = true;
    }
    return busy;
  }

  calloutAnswered(token: u32, headers: u32, size: usize): void {
    const now = host.monotonic();
    for (let i = 0, k = this.services.length; i < k; i++)
      if (unchecked(this.services[i]).prober.answered(token, headers, size, now)) return;
    callouts.answered(token, headers, size);
  }

  retire(): void {
    const at = living.indexOf(this);
    if (at >= 0) living.splice(at, 1);
    isPruned = false;
    timer.forget(this.root);
    for (let i = 0, k = this.services.length; i < k; i++) callouts.forget(this.services[i].config, host.monotonic());
    retire(this.services);
  }
}

function healthsInUse(): Health[] {
  const healths: Health[] = [];
  for (let i = 0, k = living.length; i < k; i++)
    for (let j = 0, n = living[i].services.length; j < n; j++) healths.push(living[i].services[j].health);
  return healths;
}
