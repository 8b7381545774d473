/**
 * Hop mode: every attempt goes to an internal listener of the same Envoy, on the same worker and so to the same VM. The two filters
 * know each other's stream by a header, which exists between the two listeners only.
 */
import * as exchanges from "../request/exchange-registry";
import { Exchange } from "../request/exchange";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";

const REQUEST = host.HeaderMap.Request;
/** Of an identity, hexadecimal. */
const DIGITS: usize = exchanges.IDENTITY_SIZE * 2;
const text: usize = memory.data(32);
const bytes: usize = memory.data(16);
const identity = new Span();

/** On the gateway's stream. */
export function writeIdentity(x: Exchange): void {
  const from = changetype<usize>(x);
  for (let i: usize = 0; i < exchanges.IDENTITY_SIZE; i++) {
    const byte = <u32>load<u8>(from + i);
    store<u8>(text + i * 2, digit(byte >> 4));
    store<u8>(text + i * 2 + 1, digit(byte & 15));
  }
  host.setHeader(REQUEST, hostNames.EXCHANGE_HEADER, text, DIGITS);
}

/** On an attempt's stream; the header goes. */
export function takeIdentity(): Span | null {
  const name = hostNames.EXCHANGE_HEADER;
  const value = host.header(REQUEST, name);
  if (value === null || value.len != DIGITS) return null;
  for (let i: usize = 0; i < exchanges.IDENTITY_SIZE; i++) {
    const at = value.ptr + i * 2;
    store<u8>(bytes + i, (nibble(load<u8>(at)) << 4) | nibble(load<u8>(at, 1)));
  }
  host.removeHeader(REQUEST, name.ptr, name.len);
  return identity.set(bytes, exchanges.IDENTITY_SIZE);
}

/** On an attempt's stream: the route of the internal listener goes where this header says, and removes it. */
export function chooseCluster(cluster: Bytes): void {
  host.setHeader(REQUEST, hostNames.CLUSTER_HEADER, cluster.ptr, cluster.len);
}

function digit(value: u32): u8 {
  return <u8>(value < 10 ? 0x30 + value : 0x57 + value);
}

function nibble(digit: u8): u8 {
  return digit <= 0x39 ? digit - 0x30 : digit - 0x57;
}
