/**
 * What is known of the failure that is being counted right now, beyond what the ledger keeps: for those who are told that a breaker
 * opens with it. Filled and cleared around the one call that counts it; what is written later, after a lost race, has none.
 */
import { Provider } from "../config/provider";

@unmanaged
export class Evidence {
  /** 0: nothing is being counted. */
  provider: usize = 0;
  token: i32 = 0;
  /** Keys in the ledger. */
  model: u64 = 0;
  api: u64 = 0;
  // The request's identity.
  vm: u64 = 0;
  serial: u64 = 0;
  /** The model's name there. */
  name: usize = 0;
  nameLen: usize = 0;
  /** The API's path. */
  path: usize = 0;
  pathLen: usize = 0;
  /** The failed answer's body, what of it was read; length 0: there was none. */
  body: usize = 0;
  bodyLen: usize = 0;
  /** The token that it was sent, which it may quote. */
  secret: usize = 0;
  secretLen: usize = 0;
  /** A person's order is being carried out. */
  isOrder: bool = false;
  /** The fleet says so. */
  isLearnt: bool = false;

  clear(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<Evidence>());
  }

  /** Whether it tells of an entry of this provider: `place` is its token's, -1 where it is not of one token. */
  isOf(provider: Provider, place: i32, model: u64): bool {
    if (this.provider != changetype<usize>(provider) || (place >= 0 && place != this.token)) return false;
    return model == 0 || model == this.model || model == this.api;
  }
}

export const evidence = new Evidence();
