/**
 * The status filter, on the status listener: tells the state of everything that runs in this VM and what it would do
 * with a request, and takes a person's orders.
 * What it does not know goes on to the router.
 */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { Pool } from "../text/pool";
import { EMPTY, Span } from "../text/span";
import { Writer } from "../text/writer";
import { CONTENT_TYPE, JSON_TYPE } from "../http/header-names";
import * as headerBuilder from "../http/header-builder";
import { Plugin } from "../config/plugin";
import { pathLength } from "../request/request-path";
import { BreakerHistory } from "../observe/breaker-history";
import { StatusReport } from "../observe/status-report";
import { BodyStatus, Handler, HeadersStatus } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import { ExplainResult, Explainer } from "./explain";
import * as hostNames from "./host-names";
import * as fleetMembers from "./fleet-members";
import { toldSites } from "./service";
import { SharedStore } from "./shared-store";
import { Access, accessOf } from "./status-access";
import { OrderResult, carryOut, orderText } from "./status-orders";
import * as timer from "./timer";

enum Asked {
  /** Nothing of ours. */
  Other,
  Status,
  Order,
  Explanation,
  /** It has its answer. */
  Done,
}

@unmanaged
class StatusStream {
  id: u32;
  asked: Asked;
}

const pool = new Pool<StatusStream>();

const METHOD = Bytes.of(":method");
const GET = Bytes.of("GET");
const POST = Bytes.of("POST");
const READY_PATH = Bytes.of("/ready");
const STATUS_PATH = Bytes.of("/status");
const ORDERS_PATH = Bytes.of("/status/orders");
const EXPLAIN_PATH = Bytes.of("/explain");

/** What the version of an Envoy is made of, as it tells it of its node. */
const VERSION_PARTS: Bytes[] = ["major_number", "minor_number", "patch"].map<Bytes>((part: string) =>
  Bytes.of("xds\0node\0user_agent_build_version\0version\0" + part),
);
const VERSION_SIZE: usize = 64;
const versionRoom: usize = memory.data(64);
const versionText = new Writer();
const envoySpan = new Span();

/** "1.40.0"; empty: it does not say. */
function envoyVersion(): Span {
  versionText.into(versionRoom, VERSION_SIZE);
  for (let i = 0, k = VERSION_PARTS.length; i < k; i++) {
    const value = host.property(unchecked(VERSION_PARTS[i]));
    if (value === null || value.len != 8) return EMPTY;
    if (i > 0) versionText.byte(0x2e);
    versionText.decimal(load<u64>(value.ptr));
  }
  return envoySpan.set(versionText.ptr, versionText.len);
}

export class StatusFilter extends Handler {
  private readonly history: BreakerHistory = new BreakerHistory(new SharedStore());
  private readonly report: StatusReport = new StatusReport(new SharedStore());
  private readonly explainer: Explainer = new Explainer();

  constructor(private readonly plugin: Plugin) {
    super();
  }

  open(stream: u32): usize {
    const s = pool.take();
    s.id = stream;
    s.asked = Asked.Other;
    return changetype<usize>(s);
  }

  requestHeaders(state: usize, end: bool): HeadersStatus {
    const s = changetype<StatusStream>(state);
    const path = host.header(host.HeaderMap.Request, hostNames.PATH);
    if (path === null) return HeadersStatus.Continue;
    if (READY_PATH.equals(path.ptr, pathLength(path.ptr, path.len))) return this.tellReady(s);
    const asked = askedBy(path);
    if (asked == Asked.Other) return HeadersStatus.Continue;
    const access = accessOf(this.plugin.password, asked != Asked.Status);
    if (access != Access.Granted) return this.refuse(s, unchecked(NO_ACCESS[access]));
    const method = host.header(host.HeaderMap.Request, METHOD) || EMPTY;
    if (asked == Asked.Status) return method.is(GET) ? this.tellStatus(s) : this.refuse(s, ONLY_GET);
    if (!method.is(POST)) return this.refuse(s, ONLY_POST);
    const type = host.header(host.HeaderMap.Request, CONTENT_TYPE);
    // Any other type may come from a page without asking.
    if (type === null || !type.startsWith(JSON_TYPE)) return this.refuse(s, ONLY_JSON);
    if (end) return this.refuse(s, NOT_JSON);
    s.asked = asked;
    return HeadersStatus.StopIteration;
  }

  requestBody(state: usize, size: usize, end: bool): BodyStatus {
    const s = changetype<StatusStream>(state);
    if (s.asked == Asked.Other) return BodyStatus.Continue;
    if (s.asked == Asked.Done) return BodyStatus.StopNoBuffer;
    if (!end) return BodyStatus.StopAndBuffer;
    const body = host.body(host.Buffer.RequestBody, 0, size);
    given.set(body !== null ? body.ptr : 0, body !== null ? body.len : 0);
    if (s.asked == Asked.Order) this.obey(s);
    else this.explain(s);
    return BodyStatus.StopNoBuffer;
  }

  requestTrailers(state: usize): BodyStatus {
    const s = changetype<StatusStream>(state);
    if (s.asked == Asked.Other) return BodyStatus.Continue;
    // The body is out of reach by now.
    if (s.asked != Asked.Done) this.refuse(s, NOT_JSON);
    return BodyStatus.StopNoBuffer;
  }

  /** While it waits for the first word of its fleet it takes no requests; else whoever comes next answers. */
  private tellReady(s: StatusStream): HeadersStatus {
    const boards = fleetMembers.boards();
    const now = host.monotonic();
    let isReady = true;
    for (let i = 0, k = boards.length; i < k; i++) if (!boards[i].isReady(now)) isReady = false;
    return isReady ? HeadersStatus.Continue : this.refuse(s, NOT_READY);
  }

  private tellStatus(s: StatusStream): HeadersStatus {
    s.asked = Asked.Done;
    this.history.read();
    const sites = toldSites();
    const text = this.report.write(
      sites,
      fleetMembers.boards(),
      this.history,
      this.plugin.version,
      envoyVersion(),
      host.monotonic(),
      host.wallClock(),
    );
    send(OK, text, null);
    return HeadersStatus.StopIteration;
  }

  private explain(s: StatusStream): void {
    const explainer = this.explainer;
    const result = explainer.explain(given, this.history, this.plugin.version);
    if (result == ExplainResult.Done) {
      s.asked = Asked.Done;
      send(OK, explainer.answer, null);
    } else if (result == ExplainResult.BadConfig) {
      this.refuseWith(s, BAD_CONFIG, given.set(explainer.answer.ptr, explainer.answer.len));
      explainer.answer.drop();
    } else this.refuse(s, unchecked(EXPLAIN_ERRORS[result]));
  }

  private obey(s: StatusStream): void {
    const address = host.property(hostNames.SOURCE_ADDRESS) || EMPTY;
    const result = carryOut(given, toldSites(), this.history, address, host.monotonic());
    if (result != OrderResult.Done) {
      this.refuse(s, unchecked(ORDER_ERRORS[result]));
      return;
    }
    s.asked = Asked.Done;
    // What is to be tried now is probed on the tick.
    timer.startNewest(s.id);
    const done = orderText();
    const reply = startReply();
    reply.openObject();
    reply.key(DONE).string(done.ptr, done.len);
    reply.closeObject();
    send(OK, reply.out, null);
  }

  private refuse(s: StatusStream, error: StatusError): HeadersStatus {
    return this.refuseWith(s, error, given.set(error.message.ptr, error.message.len));
  }

  private refuseWith(s: StatusStream, error: StatusError, message: Span): HeadersStatus {
    s.asked = Asked.Done;
    const reply = startReply();
    reply.openObject();
    reply.key(ERROR).openObject();
    reply.key(CODE).text(error.code);
    reply.key(MESSAGE).string(message.ptr, message.len);
    reply.closeObject();
    reply.closeObject();
    send(error.status, reply.out, error.status == UNAUTHORIZED ? CHALLENGE : null);
    return HeadersStatus.StopIteration;
  }

  responseHeaders(_state: usize, _end: bool): HeadersStatus {
    return HeadersStatus.Continue;
  }

  responseBody(_state: usize, _size: usize, _end: bool): BodyStatus {
    return BodyStatus.Continue;
  }

  responseTrailers(_state: usize): BodyStatus {
    return BodyStatus.Continue;
  }

  close(state: usize): void {
    pool.give(changetype<StatusStream>(state));
  }

  tick(): void {}

  calloutAnswered(_callout: u32, _headers: u32, _size: usize): void {}

  retire(): void {
    this.history.drop();
  }
}

/** The path without its query. */
function askedBy(path: Span): Asked {
  const size = pathLength(path.ptr, path.len);
  if (STATUS_PATH.equals(path.ptr, size)) return Asked.Status;
  if (ORDERS_PATH.equals(path.ptr, size)) return Asked.Order;
  return EXPLAIN_PATH.equals(path.ptr, size) ? Asked.Explanation : Asked.Other;
}

/** The body of what was asked, or the words of a refusal. */
const given = new Span();
const OK = 200;
const UNAUTHORIZED = 401;
const DONE = Bytes.of("done");
const ERROR = Bytes.of("error");
const CODE = Bytes.of("code");
const MESSAGE = Bytes.of("message");
const AUTHENTICATE = Bytes.of("www-authenticate");
const CHALLENGE = Bytes.of('Basic realm="ai-failover status"');
const CACHE_CONTROL = Bytes.of("cache-control");
const NO_STORE = Bytes.of("no-store");

const REPLY_SIZE: usize = 512;
const json = new JsonWriter(new Writer());
const sent = new Span();

function startReply(): JsonWriter {
  json.out.intoOwn(REPLY_SIZE);
  return json.start();
}

/** Gives the text's memory back. */
function send(status: i32, text: Writer, challenge: Bytes | null): void {
  headerBuilder.begin();
  headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
  headerBuilder.put(CACHE_CONTROL, NO_STORE);
  if (challenge !== null) headerBuilder.put(AUTHENTICATE, challenge);
  host.sendLocalResponse(status, hostNames.DETAILS, sent.set(text.ptr, text.len), headerBuilder.end());
  text.drop();
}

class StatusError {
  readonly code: Bytes;
  readonly message: Bytes;
  constructor(
    readonly status: i32,
    code: string,
    message: string,
  ) {
    this.code = Bytes.of(code);
    this.message = Bytes.of(message);
  }
}

const ONLY_GET = new StatusError(405, "method_not_allowed", "/status takes GET");
const ONLY_POST = new StatusError(405, "method_not_allowed", "/status/orders and /explain take POST");
const NOT_JSON = new StatusError(400, "invalid_body", "The body must be a JSON object");
const ONLY_JSON = new StatusError(415, "content_type", "The content-type must be application/json");

const NOT_READY = new StatusError(503, "joining_fleet", "The store of the fleet has not answered yet");

/** By `Access`. */
const NO_ACCESS: StatusError[] = [
  new StatusError(500, "", ""),
  new StatusError(UNAUTHORIZED, "password_needed", "From another machine this needs the password of status.password"),
  new StatusError(403, "not_from_here", "Only this machine may read it: from others it needs a status.password"),
  new StatusError(403, "foreign_page", "Pages of other origins have no access"),
  new StatusError(403, "foreign_host", "Call it by an IP address, as localhost, or with the password"),
];

/** By `OrderResult`. */
const ORDER_ERRORS: StatusError[] = [
  new StatusError(500, "", ""),
  NOT_JSON,
  new StatusError(400, "invalid_field", "An order has the fields do, provider, token, for and by, each a text"),
  new StatusError(400, "invalid_do", "do must be take-out, bring-back or try-now"),
  new StatusError(400, "invalid_for", 'for must be a duration like "10m", with take-out only'),
  new StatusError(404, "unknown_provider", "No provider has this id"),
  new StatusError(404, "unknown_token", "The provider has no token of this name"),
  new StatusError(409, "not_out", "It is not out: there is nothing to try"),
  new StatusError(409, "taken_out", "A person took it out: bring it back, or wait until that ends"),
];

const BAD_CONFIG = new StatusError(400, "invalid_config", "");

/** By `ExplainResult`. */
const EXPLAIN_ERRORS: StatusError[] = [
  new StatusError(500, "", ""),
  NOT_JSON,
  new StatusError(
    400,
    "invalid_field",
    "It has the fields model or body, path, method, host, headers, route, service, site and config: docs/status.md",
  ),
  new StatusError(404, "unknown_site", "/status has no site of this number"),
];
