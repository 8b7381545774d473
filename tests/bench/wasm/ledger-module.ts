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

/** Two providers with three tokens each, as many as most have. */
function makeProviders(): Provider[] {
  const providers: Provider[] = [];
  for (let i = 0; i < 2; i++) {
    const provider = new Provider();
    provider.index = i;
    provider.ledgerKey = Bytes.of(i.toString());
    for (let n = 1; n <= 3; n++) {
      const token = new Token();
      token.hash = <u64>(10 * i + n);
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
  const providers = makeProviders();
  const health = new Health(providers, new SharedStore());
  // For the compiler of the VM.
  measure(health, providers[0]);
  tell("while all is well", measure(health, providers[0]));
  const dead = new Verdict();
  dead.cause = Cause.Credential;
  dead.scope = Scope.Token;
  health.failed(providers[0], 0, MODEL, API, dead, 1, host.monotonic(), false);
  tell("while a token is out", measure(health, providers[0]));
  return 1;
}
