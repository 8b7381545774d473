/** What a request pays for the ledger where it goes well: measured inside Envoy, with Envoy's own gauge and shared data. */
import "../../../assembly/proxywasm/abort";
import { Bytes } from "../../../assembly/text/bytes";
import { Provider } from "../../../assembly/config/provider";
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

function makeProviders(count: i32, tokens: i32): Provider[] {
  const providers: Provider[] = [];
  for (let i = 0; i < count; i++) {
    const provider = new Provider();
    provider.index = i;
    provider.ledgerKey = Bytes.of(i.toString());
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
  const providers = makeProviders(2, 3);
  const health = new Health(providers, new SharedStore());
  // For the compiler of the VM.
  measure(health, providers[0]);
  tell("while all is well", measure(health, providers[0]));
  const dead = new Verdict();
  dead.cause = Cause.Credential;
  dead.scope = Scope.Token;
  health.failed(providers[0], 0, MODEL, API, dead, 1, host.monotonic(), false);
  tell("while a token is out", measure(health, providers[0]));

  const many = makeProviders(1000, 10);
  const all = new Health(many, new SharedStore());
  for (let i = 0; i < many.length; i++) all.failed(many[i], 0, MODEL, API, dead, 1, host.monotonic(), false);
  measure(all, many[500]);
  tell("with 1,000 providers of 10 tokens, one of each out", measure(all, many[500]));
  return 1;
}
