/** What a callout sends: the client's request with the hop's address, token and model. */
import { headerValue, headersIn } from "../http/header-list";
import * as headerBuilder from "../http/header-builder";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { NS_PER_MS } from "../text/time-units";
import { Exchange, configOf } from "../request/exchange";
import { Hop, endpointOf, providerOf } from "../request/hop";
import * as clientHeaders from "../request/client-headers";
import * as timeLimits from "../request/time-limits";
import * as hopRequest from "../request/hop-request";
import * as host from "../proxywasm/host";
import * as calls from "./calls";
import * as missingCluster from "./missing-cluster";
import * as hostNames from "./host-names";

/** Sends the request to this hop. `limit`: as of `timeLimit`. Returns the callout's token; 0: the host has started none. */
export function startCallout(x: Exchange, hop: Hop, limit: i32): u32 {
  beginHeaders(x, hop);
  calls.addTarget(configOf(x), endpointOf(hop).cluster);
  const headers = headerBuilder.end();
  const model = hopRequest.model(x, hop);
  let body = x.body;
  let size = x.bodyLen;
  const copy = model.len > 0;
  if (copy) {
    size = x.modelStart + model.len + (x.bodyLen - x.modelEnd);
    body = heap.alloc(size);
    memory.copy(body, x.body, x.modelStart);
    memory.copy(body + x.modelStart, model.ptr, model.len);
    memory.copy(body + x.modelStart + model.len, x.body + x.modelEnd, x.bodyLen - x.modelEnd);
  }
  const endpoint = endpointOf(hop);
  const config = configOf(x);
  let call = calls.send(config, endpoint.cluster, headers, body, size, limit);
  if (call.status == host.Status.BadArgument && missingCluster.takeRoute(x, hop))
    call = calls.send(config, endpoint.cluster, headers, body, size, limit);
  if (copy) heap.free(body);
  return call.token;
}

/** The whole answer must come within this, ms; never 0, which is no limit to Envoy. */
export function timeLimit(x: Exchange, now: u64): i32 {
  const left = x.deadline > now ? max(<i32>((x.deadline - now) / NS_PER_MS), 1) : 1;
  const limit = timeLimits.calloutTimeout(x);
  return limit > 0 ? min(left, limit) : left;
}

/** The client's own headers, with what is the hop's in place of what is not. */
export function buildHeaders(x: Exchange, hop: Hop): Span {
  beginHeaders(x, hop);
  return headerBuilder.end();
}

function beginHeaders(x: Exchange, hop: Hop): void {
  const endpoint = endpointOf(hop);
  headerBuilder.begin();
  const header = headersIn(x.headers, x.headersLen);
  while (header.next())
    if (
      clientHeaders.isOfCallout(header.name, header.nameLen) ||
      clientHeaders.isOfApi(header.name, header.nameLen, x.dialect)
    )
      headerBuilder.add(header.name, header.nameLen, header.value, header.valueLen);
  addForwarded(x, hop);
  headerBuilder.put(hostNames.AUTHORITY, endpoint.authority);
  const path = hopRequest.path(x, hop);
  headerBuilder.add(hostNames.PATH.ptr, hostNames.PATH.len, path.ptr, path.len);
  const credential = hopRequest.credential(hop);
  if (credential.len > 0)
    headerBuilder.add(endpoint.authHeader.ptr, endpoint.authHeader.len, credential.ptr, credential.len);
  const version = endpoint.versionHeader;
  if (version !== null && headerValue(x.headers, x.headersLen, version) === null)
    headerBuilder.put(version, endpoint.versionValue!);
}

/** What the provider's configuration forwards besides what the API knows, and through how many gateways the request came. */
function addForwarded(x: Exchange, hop: Hop): void {
  const names = providerOf(hop).forwardHeaders;
  for (let i = 0, k = names.length; i < k; i++) {
    const name = unchecked(names[i]);
    if (clientHeaders.isOfApi(name.ptr, name.len, x.dialect)) continue;
    const value = headerValue(x.headers, x.headersLen, name);
    if (value !== null) headerBuilder.add(name.ptr, name.len, value.ptr, value.len);
  }
  hops.into(hopsRoom, HOPS_SIZE).decimal(<u64>x.hops + 1);
  headerBuilder.add(hostNames.HOPS.ptr, hostNames.HOPS.len, hops.ptr, hops.len);
}

const HOPS_SIZE: usize = 20;
const hopsRoom: usize = memory.data(20);
const hops = new Writer();
