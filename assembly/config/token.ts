import { Bytes } from "../text/bytes";
import { Predicate, matchesAny } from "./predicate";

/** A token of a provider, and when it may be used. */
export class Token {
  /** Shown to people: its name, or '#' and the first 8 hex digits of its SHA-256. */
  label!: Bytes;
  /** "Bearer " and the token in one buffer; `secret` and `secretLen` are the token alone. */
  bearer!: Bytes;
  /** First 8 bytes of SHA-256(token). Names the token in the provider's ledger record. */
  hash: u64 = 0;
  /** Its share with TokenChoice.Weighted; 0: used only when no other token of its priority is live. */
  weight: i32 = 1;
  /** 0 is used first. A higher number is a reserve: used only when no token with a lower number is live. */
  priority: i32 = 0;
  /** The models, by the provider's names, that it may be used for; empty: all. */
  models: Predicate[] = [];

  /** Whether it may be used for a model, by the provider's name for it. A request without a model may use every token. */
  serves(model: usize, len: usize): bool {
    return len == 0 || matchesAny(this.models, model, len);
  }

  get secret(): usize {
    return this.bearer.ptr + BEARER_SIZE;
  }

  get secretLen(): usize {
    return this.bearer.len - BEARER_SIZE;
  }
}

/** "Bearer " */
const BEARER_SIZE: usize = 7;
