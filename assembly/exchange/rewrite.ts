/** What one hop's request looks like: its path, its credential, its body. Writes into memory of this file, one hop at a time. */
import { Bytes } from "../bytes/bytes";
import { Token } from "../config/types";
import { Exchange, Hop, ModelPlace, endpointOf, modelOf, providerOf, targetOf } from "./exchange";
import { querySplit } from "./head";

const PATH_CAPACITY: usize = 16 << 10;
const scratch: usize = heap.alloc(PATH_CAPACITY);
const V1 = Bytes.of("/v1");
const MODEL_SLOT = Bytes.of("{model}");
const BEARER_SIZE: usize = 7;

export let ptr: usize = 0;
export let len: usize = 0;

let at: usize = 0;

function put(text: usize, size: usize): void {
  if (size > PATH_CAPACITY - at) size = PATH_CAPACITY - at;
  memory.copy(scratch + at, text, size);
  at += size;
}

/** Puts `text` with "{model}" replaced by the model's name there. */
function putFilled(text: Bytes, model: usize, modelLen: usize): void {
  let from: usize = 0;
  for (let i: usize = 0; i + MODEL_SLOT.len <= text.len; i++) {
    if (memory.compare(text.ptr + i, MODEL_SLOT.ptr, MODEL_SLOT.len) != 0) continue;
    put(text.ptr + from, i - from);
    put(model, modelLen);
    from = i + MODEL_SLOT.len;
  }
  put(text.ptr + from, text.len - from);
}

/**
 * The path at the hop: the endpoint's base in place of "/v1", or its exact path where its URL already names an API, and the
 * client's query with the endpoint's own. Left in `ptr` and `len`.
 */
export function path(x: Exchange, hop: Hop): void {
  const endpoint = endpointOf(hop);
  const target = targetOf(hop);
  const model = target !== null ? target.text.ptr : modelOf(x);
  const modelLen = target !== null ? target.text.len : x.modelLen;
  const split = querySplit(x.text, x.pathLen);
  at = 0;
  if (endpoint.keepPath) {
    put(x.text, x.pathLen);
  } else {
    const exact = endpoint.exact;
    const isApi = exact !== null && endsLikeExact(x, split, exact);
    if (isApi) {
      putFilled(exact!, model, modelLen);
    } else {
      putFilled(endpoint.base, model, modelLen);
      const skip: usize = split >= V1.len && memory.compare(x.text, V1.ptr, V1.len) == 0 ? V1.len : 0;
      put(x.text + skip, split - skip);
    }
    put(x.text + split, x.pathLen - split);
  }
  const query = endpoint.query;
  if (query !== null) {
    store<u8>(scratch + at, split < x.pathLen ? 0x26 : 0x3f);
    at = min(at + 1, PATH_CAPACITY - 1);
    putFilled(query, model, modelLen);
  }
  ptr = scratch;
  len = at;
}

/** An exact path serves the API that it ends in: ".../chat/completions" serves "/v1/chat/completions". */
function endsLikeExact(x: Exchange, split: usize, exact: Bytes): bool {
  const skip: usize = split >= V1.len && memory.compare(x.text, V1.ptr, V1.len) == 0 ? V1.len : 0;
  const size = split - skip;
  return exact.len >= size && memory.compare(exact.ptr + exact.len - size, x.text + skip, size) == 0;
}

export function tokenOf(hop: Hop): Token {
  const tokens = providerOf(hop).tokens;
  return unchecked(tokens[hop.token]);
}

/** The value of the endpoint's credential header; `len` 0: the provider wants none. */
export function credential(hop: Hop): void {
  const token = tokenOf(hop).bearer;
  const endpoint = endpointOf(hop);
  const skip: usize = endpoint.bearer ? 0 : BEARER_SIZE;
  ptr = token.ptr + skip;
  len = token.len > BEARER_SIZE ? token.len - skip : 0;
}

/** What stands in place of the model in the body there; `len` 0: the body goes as it came. */
export function model(x: Exchange, hop: Hop): void {
  const target = targetOf(hop);
  ptr = 0;
  len = 0;
  if (target === null || x.modelPlace == ModelPlace.None) return;
  const name: Bytes = x.modelPlace == ModelPlace.Json ? target.json : target.text;
  ptr = name.ptr;
  len = name.len;
}

/** Exact length of the body at the hop. */
export function bodyLength(x: Exchange, hop: Hop): usize {
  model(x, hop);
  return len == 0 ? x.bodyLen : x.bodyLen - (x.modelEnd - x.modelStart) + len;
}
