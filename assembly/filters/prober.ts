/** Makes the probes that are due, by callout from the tick: in the provider's own dialect, path and credentials. */
import { CONTENT_TYPE, JSON_TYPE } from "../http/header-names";
import { Bytes } from "../text/bytes";
import * as headerBuilder from "../http/header-builder";
import { HashTable } from "../text/hash-table";
import { EMPTY, Span } from "../text/span";
import { Writer } from "../text/writer";
import { Dialect } from "../config/dialect";
import { Endpoint } from "../config/endpoint";
import { Guard } from "../config/route";
import { Provider } from "../config/provider";
import { SiteConfig } from "../config/site-config";
import { Family } from "../config/presets";
import { BodyType, readResponseHead } from "../response/response-head";
import { Defect, Progress, newValidator } from "../response/validator";
import * as hopRequest from "../request/hop-request";
import { FailedAnswer, classifyAnswer, classifyEnd, classifyError } from "../health/classify";
import { Health } from "../health/health";
import { ProbeKind } from "../health/breaker-timing";
import { Probe, Probes } from "../health/probe-schedule";
import { End, Verdict } from "../health/verdict";
import { Metrics } from "../observe/metrics";
import * as host from "../proxywasm/host";
import * as calls from "./calls";
import * as hostNames from "./host-names";

const METHOD = Bytes.of(":method");
const GET = Bytes.of("GET");
const POST = Bytes.of("POST");
const CHAT = Bytes.of("/chat/completions");
const MESSAGES = Bytes.of("/messages");
const BODY_START = Bytes.of('{"model":');
const BODY_END = Bytes.of(',"max_tokens":1,"messages":[{"role":"user","content":"ping"}]}');

const CAPACITY: usize = 4096;
const text = new Writer();
const textRoom: usize = heap.alloc(CAPACITY);
const body = new Writer();
const bodyRoom: usize = heap.alloc(CAPACITY);
const verdict = new Verdict();
const failed = new FailedAnswer();
const validator = newValidator();
/** How much of an answer is read. */
const MOST_READ: usize = 64 << 10;

export class Prober {
  private readonly probes: Probes;
  /** Tickets of probes under way, by the callout's token. */
  private readonly pending: HashTable = new HashTable(16);

  constructor(
    health: Health,
    private readonly config: SiteConfig,
    private readonly metrics: Metrics,
  ) {
    this.probes = new Probes(health, config.providers);
  }

  private get providers(): Provider[] {
    return this.config.providers;
  }

  /** Starts what is due. */
  startDue(now: u64): void {
    if (!calls.canCall(this.config)) return;
    while (this.probes.next(host.random64(), now)) this.start(this.probes.due, now);
  }

  private start(probe: Probe, now: u64): void {
    const provider = unchecked(this.providers[probe.provider]);
    const messages = provider.messages;
    const isNative = messages !== null && (provider.openai === null || provider.family == Family.Anthropic);
    const endpoint = isNative ? messages : provider.openai;
    if (endpoint === null) return this.settle(probe.ticket, End.Local, now);
    const free = probe.kind == ProbeKind.FreeCall;
    headerBuilder.begin();
    headerBuilder.put(METHOD, free ? GET : POST);
    writePath(endpoint, probe, free ? provider.probePath! : isNative ? MESSAGES : CHAT);
    headerBuilder.add(hostNames.PATH.ptr, hostNames.PATH.len, text.ptr, text.len);
    headerBuilder.put(hostNames.AUTHORITY, endpoint.authority);
    const credential = hopRequest.credentialOf(endpoint, provider.tokens[probe.token]);
    if (credential.len > 0)
      headerBuilder.add(endpoint.authHeader.ptr, endpoint.authHeader.len, credential.ptr, credential.len);
    const version = endpoint.versionHeader;
    if (version !== null) headerBuilder.put(version, endpoint.versionValue!);
    if (!free) headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
    calls.addTarget(this.config, endpoint.cluster);
    const headers = headerBuilder.end();
    body.into(bodyRoom, CAPACITY);
    if (!free) writeBody(probe);
    const token = calls.send(this.config, endpoint.cluster, headers, body.ptr, body.len, probe.timeoutMs).token;
    if (token != 0) this.pending.set(token, probe.ticket);
    else this.settle(probe.ticket, End.Refused, now);
  }

  /** False: the callout is not one of these. */
  answered(token: u32, count: u32, size: usize, now: u64): bool {
    const ticket = <u32>this.pending.get(token);
    if (ticket == 0) return false;
    this.pending.delete(token);
    const list = count > 0 ? host.headers(host.HeaderMap.CalloutResponse) : null;
    if (list === null) {
      this.settle(ticket, End.Cut, now);
      return true;
    }
    const head = readResponseHead(list.ptr, list.len, host.wallClock);
    const family = this.providers[this.probes.providerOf(ticket)].family;
    const text = (size > 0 ? host.body(host.Buffer.CalloutResponseBody, 0, min(size, MOST_READ)) : null) || EMPTY;
    const status = head.status;
    if (status < 200 || status > 299) {
      failed.set(family, status, text.ptr, text.len);
      classifyAnswer(failed, verdict);
    } else if (hasError(text, head.body)) {
      failed.set(family, status, validator.errorPtr, validator.errorLen);
      classifyError(failed, verdict);
    } else {
      this.tell(ticket, null, now);
      return true;
    }
    this.tell(ticket, verdict, now);
    return true;
  }

  /** Its root is gone, and with it the answers to what is under way. */
  retire(): void {
    this.pending.drop();
  }

  private settle(ticket: u32, how: End, now: u64): void {
    classifyEnd(how, verdict);
    this.tell(ticket, verdict, now);
  }

  private tell(ticket: u32, verdict: Verdict | null, now: u64): void {
    const provider = this.probes.providerOf(ticket);
    this.metrics.countProbe(provider, this.probes.answered(ticket, verdict, now));
  }
}

/** Whether a good status hides an error. */
function hasError(text: Span, type: BodyType): bool {
  validator.start(Dialect.Other, false, false, type, Guard.Full);
  validator.feed(text.ptr, text.len);
  return validator.finish() == Progress.Failed && validator.defect == Defect.ErrorInside;
}

/** The endpoint's own path for the API, with the model where the path has its name. */
function writePath(endpoint: Endpoint, probe: Probe, api: Bytes): void {
  text.into(textRoom, CAPACITY);
  const model = probe.model;
  hopRequest.probePath(text, endpoint, api, model !== null ? model.ptr : 0, model !== null ? model.len : 0);
}

function writeBody(probe: Probe): void {
  const model = probe.model!;
  body.text(BODY_START);
  body.jsonString(model.ptr, model.len);
  body.text(BODY_END);
}
