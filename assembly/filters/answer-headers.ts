/** What the client is told of how its answer came about: x-ai-failover-provider, -model, -attempts, -trail. */
import { Bytes } from "../text/bytes";
import * as headerBuilder from "../http/header-builder";
import { Writer } from "../text/writer";
import { ResponseHeaders } from "../config/site-config";
import { Exchange, configOf, modelOf } from "../request/exchange";
import { providerOf, targetOf } from "../request/hop";
import { describeSpan } from "../observe/span-attributes";
import * as trail from "../response/trail";
import * as host from "../proxywasm/host";
import { forEachCorsHeader } from "./browsers";
import * as hostNames from "./host-names";

const RESPONSE = host.HeaderMap.Response;
const NUMBER_SIZE: usize = 20;
const number: usize = memory.data(24);
const writer = new Writer();

/** Calls back for each header; `to` is one of the two below. */
type Put = (name: Bytes, value: usize, len: usize) => void;

function forEachHeader(x: Exchange, put: Put): void {
  forEachCorsHeader(x, put);
  const level = configOf(x).responseHeaders;
  if (level == ResponseHeaders.Off) return;
  if (x.stepCount > 0) {
    const hop = x.current;
    const provider = providerOf(hop);
    put(hostNames.PROVIDER, provider.id.ptr, provider.id.len);
    const target = targetOf(hop);
    if (target !== null) put(hostNames.MODEL, target.text.ptr, target.text.len);
    else if (x.modelLen > 0) put(hostNames.MODEL, modelOf(x), x.modelLen);
  }
  writer.into(number, NUMBER_SIZE);
  writer.decimal(x.stepCount);
  put(hostNames.ATTEMPTS, writer.ptr, writer.len);
  if (level != ResponseHeaders.Trail || x.stepCount == 0) return;
  const attempts = trail.write(x);
  put(hostNames.TRAIL, attempts.ptr, attempts.len);
}

/** On the answer that passes. The span in a trace is told the same. */
export function setAnswerHeaders(x: Exchange): void {
  if (configOf(x).hasSpans) describeSpan(x, false);
  forEachHeader(x, (name: Bytes, value: usize, len: usize): void => host.setHeader(RESPONSE, name, value, len));
}

/** On an answer of ours whose headers are being written: nothing follows it. */
export function addAnswerHeaders(x: Exchange): void {
  if (configOf(x).hasSpans) describeSpan(x, true);
  forEachHeader(x, (name: Bytes, value: usize, len: usize): void => headerBuilder.add(name.ptr, name.len, value, len));
}
