/**
 * What a fleet's entries are called in the store, and how one tells that a member wrote them. An id names a provider, a token and a model
 * or API by hashes under the fleet's key, so that who reads the store learns none of them:
 *
 *   48 hex digits: u64 provider | u64 token ^ mask(provider) | u64 model ^ mask(provider, token)
 *
 * Token and model are the ledger's keys (health/name-hash.ts), which all members make alike. The masks keep it from showing that two
 * providers have the same token, or that the same model is out at both.
 */
import { Bytes } from "../text/bytes";
import { sipHash } from "../text/sip-hash";
import { Writer } from "../text/writer";
import { FleetConfig } from "../config/fleet-config";

/** Beside the ledger's own kinds of names. */
const PROVIDER: u64 = 16;
const TOKEN_MASK: u64 = 17;
const MODEL_MASK: u64 = 18;
const SIGNATURE: u64 = 19;

export const ID_SIZE: usize = 48;
const scratch: usize = memory.data(24);

/** What an id means; filled anew by each `readId`. */
@unmanaged
export class EntryId {
  provider: u64 = 0;
  token: u64 = 0;
  model: u64 = 0;
}

const found = new EntryId();

export class FleetKey {
  constructor(private readonly config: FleetConfig) {}

  provider(ledgerKey: Bytes): u64 {
    return this.hash(PROVIDER, ledgerKey.ptr, ledgerKey.len);
  }

  writeId(to: Writer, provider: u64, token: u64, model: u64): void {
    const tokenThere = token ^ this.tokenMask(provider);
    const modelThere = model ^ this.modelMask(provider, token);
    store<u64>(scratch, bswap<u64>(provider));
    store<u64>(scratch, bswap<u64>(tokenThere), 8);
    store<u64>(scratch, bswap<u64>(modelThere), 16);
    to.hex(scratch, 24);
  }

  /** null: it is none. */
  readId(ptr: usize, len: usize): EntryId | null {
    if (len != ID_SIZE || !isHex(ptr, len)) return null;
    const provider = hexNumber(ptr);
    const token = hexNumber(ptr + 16) ^ this.tokenMask(provider);
    found.provider = provider;
    found.token = token;
    found.model = hexNumber(ptr + 32) ^ this.modelMask(provider, token);
    return found;
  }

  sign(ptr: usize, len: usize): u64 {
    return sipHash(this.config.signKey0, this.config.signKey1, SIGNATURE, ptr, len);
  }

  private tokenMask(provider: u64): u64 {
    store<u64>(scratch, provider);
    return this.hash(TOKEN_MASK, scratch, 8);
  }

  private modelMask(provider: u64, token: u64): u64 {
    store<u64>(scratch, provider);
    store<u64>(scratch, token, 8);
    return this.hash(MODEL_MASK, scratch, 16);
  }

  private hash(domain: u64, ptr: usize, len: usize): u64 {
    return sipHash(this.config.nameKey0, this.config.nameKey1, domain, ptr, len);
  }
}

/** Lower-case digits only: one id has one text. */
export function isHex(ptr: usize, len: usize): bool {
  for (let i: usize = 0; i < len; i++) {
    const c = <u32>load<u8>(ptr + i);
    if (c - 0x30 > 9 && c - 0x61 > 5) return false;
  }
  return true;
}

/** Of 16 hex digits. */
export function hexNumber(ptr: usize): u64 {
  let value: u64 = 0;
  for (let i: usize = 0; i < 16; i++) {
    const c = <u64>load<u8>(ptr + i);
    value = (value << 4) | (c <= 0x39 ? c - 0x30 : c - 0x57);
  }
  return value;
}
