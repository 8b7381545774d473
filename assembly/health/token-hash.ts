/** Tokens by place and by hash. */
import { Provider } from "../config/plugin";

/** In the place of a token's hash where a provider needs none. */
const NO_TOKEN: u64 = 1;

export function tokenHash(provider: Provider, token: i32): u64 {
  const tokens = provider.tokens;
  return token < tokens.length ? unchecked(tokens[token]).hash : NO_TOKEN;
}

/** -1: it is not configured. */
export function indexOfToken(provider: Provider, hash: u64): i32 {
  const tokens = provider.tokens;
  for (let i = 0, k = tokens.length; i < k; i++) if (unchecked(tokens[i]).hash == hash) return i;
  return tokens.length == 0 && hash == NO_TOKEN ? 0 : -1;
}
