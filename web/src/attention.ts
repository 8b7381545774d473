/** What needs a person: only what a person can change. A rate limit never does. */
import type { ConsoleState } from "../../cli/console/console-types.js";
import { hopsOf, readRoute } from "./route-fields.js";

export type Attention =
  | { kind: "token-out"; provider: string; token: string; cause: string; words: string; sinceMs: number }
  | { kind: "no-fallback"; route: number; name: string; provider: string };

/** Causes that no waiting cures. */
const LASTING = ["credential", "quota"];

export function attentionOf({ config, status, gateway }: ConsoleState): Attention[] {
  const providers = status?.sites[0]?.providers ?? [];
  const out = providers.flatMap(({ id, tokens }) =>
    tokens.flatMap(({ name, state, breaker }): Attention[] =>
      state === "out" && breaker !== null && LASTING.includes(breaker.cause)
        ? [
            {
              kind: "token-out",
              provider: id,
              token: name,
              cause: breaker.cause,
              words: breaker.words,
              sinceMs: breaker.sinceMs,
            },
          ]
        : [],
    ),
  );
  if (gateway.isDemo) return out;
  const bare = config.routes.flatMap((route): Attention[] => {
    const hops = hopsOf(readRoute(route));
    return hops.length === 1
      ? [{ kind: "no-fallback", route: route.index, name: route.name, provider: hops[0]!.provider }]
      : [];
  });
  return [...out, ...bare];
}
