/** What one hop's request looks like: its path, its credential, its body. Each result is valid until the same is asked again. */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { Endpoint } from "../config/endpoint";
import { Token } from "../config/token";
import { Exchange, ModelPlace, modelOf } from "./exchange";
import { Hop, endpointOf, providerOf, targetOf } from "./hop";
import { writeQuery } from "./query";
import { V1, hasVersion, pathLength } from "./request-path";

/** Above the 60 KiB of headers that Envoy takes by default. */
const PATH_CAPACITY: usize = 72 << 10;
const scratch: usize = heap.alloc(PATH_CAPACITY);
const writer = new Writer();
const MODEL_SLOT = Bytes.of("{model}");

const pathThere = new Span();
const credentialThere = new Span();
const modelInBody = new Span();

/** Puts `text` with the model's name there in place of "{model}": one segment, whatever a client has written into it. */
function putFilled(to: Writer, text: Bytes, model: usize, modelLen: usize): void {
  let from: usize = 0;
  for (let i: usize = 0; i + MODEL_SLOT.len <= text.len; i++) {
    if (memory.compare(text.ptr + i, MODEL_SLOT.ptr, MODEL_SLOT.len) != 0) continue;
    to.raw(text.ptr + from, i - from);
    to.segment(model, modelLen);
    from = i + MODEL_SLOT.len;
  }
  to.raw(text.ptr + from, text.len - from);
}

/** The path of a call of our own: `api` below the endpoint's base. */
export function probePath(to: Writer, endpoint: Endpoint, api: Bytes, model: usize, modelLen: usize): void {
  putFilled(to, endpoint.base, model, modelLen);
  to.text(api);
  const query = endpoint.query;
  if (query === null) return;
  to.byte(Char.Question);
  putFilled(to, query, model, modelLen);
}

/**
 * The path at the hop: the endpoint's base in place of "/v1" and of what stands before it; of the client's query what goes on, and the
 * endpoint's own.
 */
export function path(x: Exchange, hop: Hop): Span {
  const endpoint = endpointOf(hop);
  const target = targetOf(hop);
  const model = target !== null ? target.text.ptr : modelOf(x);
  const modelLen = target !== null ? target.text.len : x.modelLen;
  const split = pathLength(x.text, x.pathLen);
  writer.into(scratch, PATH_CAPACITY);
  if (endpoint.keepsPath) {
    writer.raw(x.text, split);
  } else {
    let from = x.basePrefix;
    if (hasVersion(x.text + from, split - from)) from += V1.len;
    putFilled(writer, endpoint.base, model, modelLen);
    writer.raw(x.text + from, split - from);
  }
  const query = endpoint.query;
  const more = providerOf(hop).forwardQuery;
  const isAny = writeQuery(writer, x.text + split, x.pathLen - split, x.isModelCall, more, query);
  if (query !== null) {
    writer.byte(isAny ? Char.Ampersand : Char.Question);
    putFilled(writer, query, model, modelLen);
  }
  return pathThere.set(writer.ptr, writer.len);
}

function tokenOf(hop: Hop): Token {
  const tokens = providerOf(hop).tokens;
  return unchecked(tokens[hop.token]);
}

/** The value of the endpoint's credential header; empty: the provider wants none. */
export function credential(hop: Hop): Span {
  return credentialOf(endpointOf(hop), tokenOf(hop));
}

export function credentialOf(endpoint: Endpoint, token: Token): Span {
  return credentialThere.set(
    endpoint.hasBearerPrefix ? token.bearer.ptr : token.secret,
    endpoint.hasBearerPrefix && token.secretLen > 0 ? token.bearer.len : token.secretLen,
  );
}

/** What replaces the model in the body there; empty: the body goes as it came. */
export function model(x: Exchange, hop: Hop): Span {
  const target = targetOf(hop);
  if (target === null || x.modelPlace == ModelPlace.None) return modelInBody.set(0, 0);
  const name: Bytes = x.modelPlace == ModelPlace.Json ? target.json : target.text;
  return modelInBody.set(name.ptr, name.len);
}

/** Exact length of the body at the hop. */
export function bodyLength(x: Exchange, hop: Hop): usize {
  const name = model(x, hop);
  return name.len == 0 ? x.bodyLen : x.bodyLen - (x.modelEnd - x.modelStart) + name.len;
}
