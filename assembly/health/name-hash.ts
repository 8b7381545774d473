/**
 * The ledger's keys: hashes of tokens, models and APIs under a seed that is drawn by chance and kept in shared data. All VMs use the
 * same one, also after a reload or a crash, and nobody outside knows it: no caller can name a model whose key collides. In a fleet all
 * gateways have the seed that is made of its secret.
 */
import { Bytes } from "../text/bytes";
import { sipHash } from "../text/sip-hash";
import { FleetConfig } from "../config/fleet-config";
import { ABSENT, Store } from "./ledger-store";

/** The key of a request that names no model: it cannot name a wrong one. */
export const NO_MODEL: u64 = 1;
/** In the place of a token's key where a provider needs none. */
export const NO_TOKEN: u64 = 1;
/** 0 means "whatever the name", 1 "no name". */
const RESERVED: u64 = 2;

const TOKEN: u64 = 1;
const MODEL: u64 = 2;
const API: u64 = 3;

const SEED_SIZE: usize = 16;
const TRIES = 4;
const scratch: usize = memory.data(16);

export class NameHash {
  private seed0: u64 = 0;
  private seed1: u64 = 0;

  /** `key`: where the seed is kept. */
  constructor(shared: Store, key: Bytes, fleet: FleetConfig | null = null) {
    if (fleet !== null) {
      this.seed0 = fleet.nameKey0;
      this.seed1 = fleet.nameKey1;
    } else for (let i = 0; i < TRIES && !this.agree(shared, key); i++);
  }

  /** Takes the seed of the others, or draws it for all. False: another was faster. */
  private agree(shared: Store, key: Bytes): bool {
    const isThere = shared.read(key);
    if (isThere && shared.len == SEED_SIZE) {
      this.seed0 = load<u64>(shared.ptr);
      this.seed1 = load<u64>(shared.ptr, 8);
      return true;
    }
    const version = isThere ? shared.version : ABSENT;
    this.seed0 = shared.random64();
    this.seed1 = shared.random64();
    store<u64>(scratch, this.seed0);
    store<u64>(scratch, this.seed1, 8);
    return shared.write(key, scratch, SEED_SIZE, version);
  }

  /** `digest`: `Token.hash`. */
  token(digest: u64): u64 {
    store<u64>(scratch, digest);
    return this.named(TOKEN, scratch, sizeof<u64>());
  }

  model(ptr: usize, len: usize): u64 {
    return len == 0 ? NO_MODEL : this.named(MODEL, ptr, len);
  }

  /** By its path, without the query. */
  api(ptr: usize, len: usize): u64 {
    return this.named(API, ptr, len);
  }

  private named(domain: u64, ptr: usize, len: usize): u64 {
    const hash = sipHash(this.seed0, this.seed1, domain, ptr, len);
    return hash < RESERVED ? hash + RESERVED : hash;
  }
}
