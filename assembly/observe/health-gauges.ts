/**
 * What is known of breakers, and what is parked, as gauges. Every worker computes the same values from the ledger that all share, and
 * writes them from its tick: after each change, and once a second while anything is not well. Whoever writes last is right, and who was
 * late is corrected within that second.
 */
import { Provider } from "../config/provider";
import { Route, Upstream } from "../config/route";
import { SiteConfig } from "../config/site-config";
import { isExpired, probeAt } from "../health/breaker-timing";
import { Health } from "../health/health";
import { Ledger } from "../health/ledger";
import { Entry } from "../health/ledger-record";
import { TokenSearch } from "../health/token-choice";
import { Bytes } from "../text/bytes";
import { NS_PER_MS } from "../text/time-units";
import { BreakerWord, wordOf } from "./breaker-word";
import * as metricSlots from "./metric-slots";
import { slotOf } from "./metric-slots";
import { LEDGER_ENTRIES, NEXT_PROBE, OPEN_BREAKERS, PROVIDER_STATE, ROUTE_OUT, TOKEN_STATE } from "./metric-table";
import { modelThere } from "./model-names";

const search = new TokenSearch();

/** Those of one configuration. */
export class HealthGauges {
  /** Slots by provider. */
  private readonly providerState: i32[] = [];
  private readonly openBreakers: i32[] = [];
  private readonly entries: i32[] = [];
  private readonly nextProbe: i32[] = [];
  /** By provider and token. */
  private readonly tokenState: StaticArray<i32>[] = [];
  /** By route. */
  private readonly routeOut: i32[] = [];

  constructor(private readonly config: SiteConfig) {
    for (let i = 0, k = config.providers.length; i < k; i++) {
      const provider = config.providers[i];
      const id = provider.id.toString();
      this.providerState.push(slotOf(PROVIDER_STATE, [id]));
      this.openBreakers.push(slotOf(OPEN_BREAKERS, [id]));
      this.entries.push(slotOf(LEDGER_ENTRIES, [id]));
      this.nextProbe.push(slotOf(NEXT_PROBE, [id]));
      const tokens = new StaticArray<i32>(provider.tokens.length);
      for (let j = 0; j < tokens.length; j++)
        tokens[j] = slotOf(TOKEN_STATE, [id, provider.tokens[j].label.toString()]);
      this.tokenState.push(tokens);
    }
    for (let i = 0, k = config.routes.length; i < k; i++)
      this.routeOut.push(slotOf(ROUTE_OUT, [config.routes[i].name.toString()]));
  }

  /** Puts the values of now. True: they change by time alone. */
  put(health: Health, now: u64, unixMs: i64): bool {
    let isUnwell = false;
    for (let i = 0, k = this.config.providers.length; i < k; i++)
      if (this.putProvider(health, health.current(i), i, now, unixMs)) isUnwell = true;
    for (let i = 0, k = this.config.routes.length; i < k; i++) {
      const isOut = isUnwell && !isLive(this.config.routes[i], health, now);
      metricSlots.put(unchecked(this.routeOut[i]), isOut ? 1 : 0);
    }
    return isUnwell;
  }

  private putProvider(health: Health, ledger: Ledger, index: i32, now: u64, unixMs: i64): bool {
    const provider = ledger.provider;
    const view = ledger.view;
    let open = 0;
    let probe = u64.MAX_VALUE;
    for (let i = 0, k = view.count; i < k; i++) {
      const entry = view.at(i);
      const isForeign = entry.token != 0 && ledger.tokens.placeOf(entry.token) < 0;
      if (isForeign) continue;
      if (stateOf(provider, entry, health, now) != BreakerWord.Live) open++;
      if (health.isProbing && !entry.isHeldOut(now) && !isExpired(entry, now))
        probe = min(probe, probeAt(provider, entry));
    }
    const tokens = unchecked(this.tokenState[index]);
    for (let i = 0; i < tokens.length; i++) {
      const entry = view.count > 0 && ledger.entries.firstOf(i) >= 0 ? view.find(ledger.tokens.keyOf(i), 0) : null;
      metricSlots.put(unchecked(tokens[i]), stateOf(provider, entry, health, now));
    }
    metricSlots.put(unchecked(this.providerState[index]), stateOf(provider, view.find(0, 0), health, now));
    metricSlots.put(unchecked(this.openBreakers[index]), open);
    metricSlots.put(unchecked(this.entries[index]), view.count);
    metricSlots.put(unchecked(this.nextProbe[index]), probe == u64.MAX_VALUE ? 0 : unixSeconds(probe, now, unixMs));
    return open > 0 || probe != u64.MAX_VALUE;
  }
}

function stateOf(provider: Provider, entry: Entry | null, health: Health, now: u64): BreakerWord {
  return entry === null ? BreakerWord.Live : wordOf(provider, entry, health.isProbing, now);
}

/** Whether anything of the route may be tried now, by a request that names the model of the route. */
function isLive(route: Route, health: Health, now: u64): bool {
  return isAnyLive(route, route.upstreams, health, now) || isAnyLive(route, route.fallback, health, now);
}

function isAnyLive(route: Route, upstreams: Upstream[], health: Health, now: u64): bool {
  for (let i = 0, k = upstreams.length; i < k; i++) {
    const target = modelThere(route, upstreams[i]);
    const name = target !== null ? target.text : onlyModel(route);
    search.name = name !== null ? name.ptr : 0;
    search.nameLen = name !== null ? name.len : 0;
    search.model = health.names.model(search.name, search.nameLen);
    search.now = now;
    if (health.opensIn(upstreams[i].provider, search) == 0) return true;
  }
  return false;
}

/** Null: the route serves several. */
function onlyModel(route: Route): Bytes | null {
  const predicates = route.predicates;
  return predicates.length == 1 && predicates[0].isExact ? predicates[0].value : null;
}

/** A probe that is due at once has no time of its own: it is due now. */
function unixSeconds(at: u64, now: u64, unixMs: i64): u64 {
  if (at == 0) return <u64>(unixMs / 1000);
  const ms = at > now ? <i64>((at - now) / NS_PER_MS) : -(<i64>((now - at) / NS_PER_MS));
  return <u64>max<i64>((unixMs + ms) / 1000, 1);
}
