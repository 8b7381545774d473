/** The members `limits` and `sent` of `POST /explain`: what the first attempt would look like. */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { Span } from "../text/span";
import { Header } from "../http/header-list";
import { CONTENT_LENGTH } from "../http/header-names";
import { Route } from "../config/route";
import { Exchange, budgetOf, configOf } from "../request/exchange";
import { Hop, endpointOf, providerOf } from "../request/hop";
import * as hopRequest from "../request/hop-request";
import * as timeLimits from "../request/time-limits";
import { guardName } from "./guard-word";

const LIMITS = Bytes.of("limits");
const SENT = Bytes.of("sent");
const PROVIDER = Bytes.of("provider");
const TOKEN = Bytes.of("token");
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

/** The member `limits`: the time limits of the first attempt, and what bounds the request. */
export function writeLimits(json: JsonWriter, x: Exchange, route: Route, now: u64): void {
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
  json.key(BUDGET_USED).flag(x.budget != 0 && budgetOf(x).isUsedUp(now));
  json.closeObject();
}

/** The member `sent`: the first attempt without its body. `sent`: its headers, in the host's layout. */
export function writeSent(json: JsonWriter, x: Exchange, hop: Hop, sent: Span): void {
  const endpoint = endpointOf(hop);
  json.key(SENT).openObject();
  json.key(PROVIDER).text(providerOf(hop).id);
  json.key(TOKEN).text(providerOf(hop).labelOf(hop.token));
  json.key(AUTHORITY).text(endpoint.authority);
  const path = hopRequest.path(x, hop);
  json.key(PATH).string(path.ptr, path.len);
  json.key(HEADERS_SET).openArray();
  writeNames(json, sent.ptr, sent.len, x.headers, x.headersLen, false);
  json.closeArray();
  json.key(HEADERS_PASSED).openArray();
  writeNames(json, x.headers, x.headersLen, sent.ptr, sent.len, true);
  json.closeArray();
  json.key(HEADERS_DROPPED).openArray();
  writeNames(json, x.headers, x.headersLen, sent.ptr, sent.len, false);
  json.closeArray();
  json.closeObject();
}

/** Names of the headers of one list that the other has, or has not, with the same value. */
function writeNames(json: JsonWriter, list: usize, len: usize, other: usize, otherLen: usize, inBoth: bool): void {
  const header = walk.start(list, len);
  while (header.next()) {
    if (load<u8>(header.name) == COLON || header.isNamed(CONTENT_LENGTH)) continue;
    const isSame = hasHeader(other, otherLen, header);
    if (isSame == inBoth) json.string(header.name, header.nameLen);
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
