/** Which of several live tokens: the one with the highest score. */
import { mix } from "../text/split-mix";
import { Provider, TokenChoice } from "../config/plugin";

/** What a token is looked for by; filled anew for each search. */
export class TokenSearch {
  model: u64 = 0;
  /** What a sticky choice holds on to; 0: nothing. */
  sticky: u64 = 0;
  /** Hops that must not be found again, each by its `hopKey`. */
  tried: usize = 0;
  triedCount: i32 = 0;
  random: u64 = 0;
  now: u64 = 0;
  /** When a trial will have ended at the latest. */
  deadline: u64 = 0;

  hasTried(provider: Provider, token: i32): bool {
    if (this.triedCount == 0) return false;
    const key = hopKey(provider.index, token, this.model);
    for (let i = 0; i < this.triedCount; i++) if (load<u64>(this.tried + ((<usize>i) << 3)) == key) return true;
    return false;
  }
}

/** What makes a hop: two differ when provider, token or model there differ. */
export function hopKey(provider: i32, token: i32, model: u64): u64 {
  return mix(model ^ mix(((<u64>provider) << 32) | (<u64>(<u32>token))));
}

/** Below every score. */
export const NOWHERE: f64 = -f64.MAX_VALUE;
/** Above every score. */
export const FIRST: f64 = f64.MAX_VALUE;

/**
 * By chance, by chance and weight (Efraimidis and Spirakis: the highest ln(u) / weight), or by rendezvous: each caller has an
 * order of its own, and loses its token only when that one is out. `sticky` 0: nobody says whose request it is.
 */
export function score(provider: Provider, token: i32, hash: u64, sticky: u64, random: u64): f64 {
  const choice = provider.tokenChoice;
  const bits = mix(choice == TokenChoice.Sticky && sticky != 0 ? sticky ^ hash : random + <u64>token) >> 11;
  if (choice != TokenChoice.Weighted || provider.tokens.length == 0) return <f64>bits;
  const weight = unchecked(provider.tokens[token]).weight;
  if (weight <= 0) return NOWHERE / 2;
  const u = (<f64>bits + 0.5) / <f64>((<u64>1) << 53);
  return Math.log(u) / <f64>weight;
}
