/** What needs a person: only what a person can change. A rate limit never does. */
import type { ConsoleState } from "../../cli/console/console-types.js";
import type { BreakerStatus, BreakerWord, ProviderStatus } from "../../cli/status/status-types.js";
import { hopsOf, readRoute, type ChainHop } from "./route-fields.js";

export type Attention =
  | { kind: "token-out"; provider: string; token: string; cause: string; words: string; sinceMs: number }
  | { kind: "no-fallback"; route: number; name: string; provider: string }
  | { kind: "no-live-hop"; route: number; name: string }
  | { kind: "file-error"; found: string; line: number | undefined };

/** Causes that no waiting cures. */
const LASTING = ["credential", "quota"];
/** After so many a token does not come back by itself. */
const HOPELESS_PROBES = 3;

const isHopeless = ({ cause, failedProbes, nextProbeMs }: BreakerStatus): boolean =>
  LASTING.includes(cause) && (failedProbes >= HOPELESS_PROBES || nextProbeMs < 0);

export function attentionOf({ config, status, gateway, file }: ConsoleState): Attention[] {
  const providers = status?.sites[0]?.providers ?? [];
  const out = providers.flatMap(({ id, tokens }) =>
    tokens.flatMap(({ name, state, breaker }): Attention[] =>
      state === "out" && breaker !== null && isHopeless(breaker)
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
  const wrong = (file.mistakes ?? [])
    .slice(0, 1)
    .map(({ path, found, line }): Attention => ({ kind: "file-error", found: `${path} ${found}`.trim(), line }));
  const dead = config.routes
    .filter(route => isDead(hopsOf(readRoute(route)), providers))
    .map(({ index, name }): Attention => ({ kind: "no-live-hop", route: index, name }));
  if (gateway.isDemo) return [...wrong, ...out, ...dead];
  const bare = config.routes.flatMap((route): Attention[] => {
    const hops = hopsOf(readRoute(route));
    return hops.length === 1
      ? [{ kind: "no-fallback", route: route.index, name: route.name, provider: hops[0]!.provider }]
      : [];
  });
  return [...wrong, ...out, ...dead, ...bare];
}

/** Every hop is out for more than a rate limit, and none of them is half-open. */
function isDead(hops: ChainHop[], providers: ProviderStatus[]): boolean {
  const found = hops.flatMap(hop => providers.filter(({ id }) => id === hop.provider));
  const isOut = (word: BreakerWord) => word === "out" || word === "taken-out";
  return (
    found.length > 0 &&
    found.every(({ state, tokens }) => isOut(state) || (tokens.length > 0 && tokens.every(token => isOut(token.state))))
  );
}
