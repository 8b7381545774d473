/**
 * What a request pays for the ledger, a token and a route where it goes well, and how that grows: measured inside Envoy, with Envoy's own
 * gauge and shared data.
 */
import "../../../assembly/proxywasm/abort";
import { Bytes } from "../../../assembly/text/bytes";
import { Predicate } from "../../../assembly/config/predicate";
import { Provider } from "../../../assembly/config/provider";
import { RouteIndex } from "../../../assembly/config/route-index";
import { Token } from "../../../assembly/config/token";
import { TokenSearch } from "../../../assembly/health/token-choice";
import { Health } from "../../../assembly/health/health";
import { Cause, Scope, Verdict } from "../../../assembly/health/verdict";
import * as host from "../../../assembly/proxywasm/host";
import { SharedStore } from "../../../assembly/filters/shared-store";

export { allocate as proxy_on_memory_allocate } from "../../../assembly/proxywasm/arena";

const REQUESTS: u64 = 100_000;
const MODEL: u64 = 4711;
const API: u64 = 4712;

/** `name` keeps their records in shared data apart from those of others. */
function makeProviders(name: string, count: i32, tokens: i32): Provider[] {
  const providers: Provider[] = [];
  for (let i = 0; i < count; i++) {
    const provider = new Provider();
    provider.index = i;
    provider.ledgerKey = Bytes.of(`${name} ${i}`);
    for (let n = 1; n <= tokens; n++) {
      const token = new Token();
      token.hash = <u64>(100 * i + n);
      provider.tokens.push(token);
    }
    providers.push(provider);
  }
  return providers;
}

/** Nanoseconds of what `intake`, `plan` and `attempt` ask of it for one request. */
function measure(health: Health, provider: Provider): u64 {
  const now = host.monotonic();
  const search = new TokenSearch();
  search.model = MODEL;
  search.api = API;
  search.now = now;
  for (let i: u64 = 0; i < REQUESTS; i++) {
    health.refresh();
    search.random = i;
    const token = health.pick(provider, search);
    health.succeeded(provider, token, MODEL, API, now, false);
  }
  return (host.monotonic() - now) / REQUESTS;
}

/** The same once its records are read, and for the first of all the compiler of the VM is done. */
function measureWarm(health: Health, provider: Provider): u64 {
  measure(health, provider);
  return measure(health, provider);
}

/** Nanoseconds of finding the route of a model among so many. */
function measureRoutes(count: i32): u64 {
  const all: Predicate[][] = [];
  for (let i = 0; i < count; i++) {
    const predicate = new Predicate();
    predicate.value = Bytes.of(`model-${i}-`);
    all.push([predicate]);
  }
  const index = new RouteIndex(all);
  const model = Bytes.of(`model-${count / 2}-turbo`);
  let found = 0;
  const start = host.monotonic();
  for (let i: u64 = 0; i < REQUESTS; i++) found += index.routeOf(model.ptr, model.len);
  const took = host.monotonic() - start;
  // No time is that short: what found another route is not measured.
  return found == <i32>REQUESTS * (count / 2) ? took / REQUESTS : 0;
}

function failToken(health: Health, provider: Provider, token: i32, scope: Scope, model: u64): void {
  const verdict = new Verdict();
  verdict.cause = scope == Scope.Token ? Cause.Credential : Cause.RateLimit;
  verdict.scope = scope;
  health.failed(provider, token, model, API, verdict, 1, host.monotonic(), false);
}

/** One in ten of the tokens is out. */
function measureTokens(count: i32): u64 {
  const providers = makeProviders(`${count} tokens`, 1, count);
  const health = new Health(providers, new SharedStore());
  for (let i = 0; i < count; i += 10) failToken(health, providers[0], i, Scope.Token, MODEL);
  return measureWarm(health, providers[0]);
}

/** Of each of the tokens two other models are out. */
function measureEntries(tokens: i32): u64 {
  const providers = makeProviders(`${tokens} tokens with models`, 1, tokens);
  const health = new Health(providers, new SharedStore());
  for (let i = 0; i < tokens; i++)
    for (let j = 1; j <= 2; j++) failToken(health, providers[0], i, Scope.TokenModel, MODEL + j);
  return measureWarm(health, providers[0]);
}

function tell(what: string, ns: u64): void {
  host.log(host.LogLevel.Warn, `ledger: ${what}: ${ns.toString()} ns`);
}

export function proxy_abi_version_0_2_1(): void {}
export function proxy_on_context_create(_id: u32, _parent: u32): void {}
export function proxy_on_vm_start(_id: u32, _size: usize): u32 {
  return 1;
}

export function proxy_on_configure(_id: u32, _size: usize): u32 {
  // As many as most have.
  const providers = makeProviders("few", 2, 3);
  const health = new Health(providers, new SharedStore());
  tell("while all is well", measureWarm(health, providers[0]));
  failToken(health, providers[0], 0, Scope.Token, MODEL);
  tell("while a token is out", measure(health, providers[0]));
  tell("with 10 tokens, one in ten out", measureTokens(10));
  tell("with 2,000 tokens, one in ten out", measureTokens(2000));
  tell("with 2 models out of 1 token", measureEntries(1));
  tell("with 2 models out of each of 500 tokens", measureEntries(500));
  tell("for its route, of 10", measureRoutes(10));
  tell("for its route, of 1,000", measureRoutes(1000));

  const many = makeProviders("many", 1000, 10);
  const all = new Health(many, new SharedStore());
  for (let i = 0; i < many.length; i++) failToken(all, many[i], 0, Scope.Token, MODEL);
  tell("with 1,000 providers of 10 tokens, one of each out", measureWarm(all, many[500]));
  return 1;
}
