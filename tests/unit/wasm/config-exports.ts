import { Bytes } from "../../../assembly/text/bytes";
import { jsonOf } from "../../../assembly/config/mapping-reader";
import { ruleFor } from "../../../assembly/config/rule-matcher";
import { Environment, parsePlugin } from "../../../assembly/config/plugin-parser";
import { AnswerRule } from "../../../assembly/config/answer-rule";
import { SiteConfig } from "../../../assembly/config/site-config";
import { Endpoint } from "../../../assembly/config/endpoint";
import { ModelMapping } from "../../../assembly/config/model-mapping";
import { Plugin, SiteRule } from "../../../assembly/config/plugin";
import { Provider } from "../../../assembly/config/provider";
import { Route, Upstream } from "../../../assembly/config/route";
import { StatusSet } from "../../../assembly/config/status-set";
import { Token } from "../../../assembly/config/token";
import { Predicate } from "../../../assembly/config/predicate";

let plugin: Plugin | null = null;
let result: Bytes = Bytes.of("");

export function alloc(size: usize): usize {
  return heap.alloc(size);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

/** The environment's entries are separated by zeros. Leaves a JSON text that says what became of the configuration. */
export function parse(ptr: usize, len: usize, env: usize, envLen: usize): bool {
  const entries = String.UTF8.decodeUnsafe(env, envLen).split("\0");
  const parsed = parsePlugin(ptr, len, new Environment(entries));
  const read = parsed.plugin;
  plugin = read.hasMistakes ? null : read;
  result = Bytes.of(
    read.hasMistakes ? `{"errors":${list<string>(parsed.mistakes, text)}}` : `{"plugin":${describePlugin(read)}}`,
  );
  return !read.hasMistakes;
}

/** Reads it, and describes nothing but its mistakes, one a line. */
export function judge(ptr: usize, len: usize, env: usize, envLen: usize): bool {
  const parsed = parsePlugin(ptr, len, new Environment(String.UTF8.decodeUnsafe(env, envLen).split("\0")));
  plugin = parsed.plugin.hasMistakes ? null : parsed.plugin;
  result = Bytes.of(parsed.mistakes.join("\n"));
  return !parsed.plugin.hasMistakes;
}

export function resultPtr(): usize {
  return result.ptr;
}

export function resultLen(): usize {
  return result.len;
}

/** Place of the rule that holds, -1 for the global part, -2 for none. */
export function match(
  route: usize,
  routeLen: usize,
  cluster: usize,
  clusterLen: usize,
  host: usize,
  hostLen: usize,
): i32 {
  const parsed = plugin;
  if (parsed === null) return -3;
  const config = ruleFor(parsed, route, routeLen, cluster, clusterLen, host, hostLen);
  if (config === null) return -2;
  for (let i = 0; i < parsed.rules.length; i++) if (parsed.rules[i].config === config) return i;
  return -1;
}

/** Place of the route for a model in the global part, -1 for none. */
export function routeOf(model: usize, len: usize): i32 {
  return plugin!.global!.routeIndex.routeOf(model, len);
}

// === As JSON ===

function text(value: string): string {
  return jsonOf(value).toString();
}

function bytes(value: Bytes | null): string {
  return value === null ? "null" : text(value.toString());
}

function list<T>(items: T[], describe: (item: T) => string): string {
  const parts: string[] = [];
  for (let i = 0; i < items.length; i++) parts.push(describe(items[i]));
  return `[${parts.join(",")}]`;
}

function flag(value: bool): string {
  return value ? "true" : "false";
}

function describePlugin(value: Plugin): string {
  const global = value.global;
  const parts = [
    `"role":${value.role}`,
    `"warnings":${list<string>(value.warnings, text)}`,
    `"rules":${list<SiteRule>(value.rules, describeRule)}`,
    `"global":${global === null ? "null" : describeConfig(global)}`,
  ];
  return `{${parts.join(",")}}`;
}

function describeRule(rule: SiteRule): string {
  const parts = [
    `"routes":${list<Bytes>(rule.routes, item => bytes(item))}`,
    `"routePrefixes":${list<Bytes>(rule.routePrefixes, item => bytes(item))}`,
    `"services":${list<Bytes>(rule.services, item => bytes(item))}`,
    `"domains":${list<Bytes>(rule.domains, item => bytes(item))}`,
    `"config":${describeConfig(rule.config)}`,
  ];
  return `{${parts.join(",")}}`;
}

function describeConfig(config: SiteConfig): string {
  const parts = [
    `"providers":${list<Provider>(config.providers, describeProvider)}`,
    `"routes":${list<Route>(config.routes, describeRoute)}`,
    `"routing":${<i32>config.routing}`,
    `"rules":${list<AnswerRule>(config.rules, describeAnswerRule)}`,
    `"clientKeys":${list<string>(
      config.clientKeys.map<string>(key => `${key.name.toString()} ${hex(key.digest)}`),
      text,
    )}`,
    `"responseHeaders":${<i32>config.responseHeaders}`,
    `"idleTimeout":${config.idleTimeout}`,
    `"stallTimeout":${config.stallTimeout}`,
    `"rejectEmpty":${config.rejectsEmpty}`,
    `"limits":[${config.requestBodyLimit},${config.parkedBodiesLimit},${config.guardLimit}]`,
    `"models":${config.models.toString()}`,
  ];
  return `{${parts.join(",")}}`;
}

function hex(value: Bytes): string {
  let out = "";
  for (let i: usize = 0; i < value.len; i++)
    out += load<u8>(value.ptr + i)
      .toString(16)
      .padStart(2, "0");
  return out;
}

function describeProvider(p: Provider): string {
  const parts = [
    `"index":${p.index}`,
    `"id":${bytes(p.id)}`,
    `"type":${text(p.type.toString())}`,
    `"family":${<i32>p.family}`,
    `"openai":${describeEndpoint(p.openai)}`,
    `"messages":${describeEndpoint(p.messages)}`,
    `"tokens":${list<Token>(p.tokens, describeToken)}`,
    `"mapping":${describeMapping(p.mapping)}`,
    `"tokenChoice":${<i32>p.tokenChoice}`,
    `"stickyBy":${<i32>p.stickyBy}`,
    `"stickyHeader":${bytes(p.stickyHeader)}`,
    `"failover":{"enabled":${flag(p.failover.isEnabled)},"failureThreshold":${p.failover.failureThreshold},` +
      `"successThreshold":${p.failover.successThreshold},"healthCheckInterval":${p.failover.healthCheckInterval},` +
      `"healthCheckTimeout":${p.failover.healthCheckTimeout},"healthCheckModel":${bytes(p.failover.healthCheckModel)},` +
      `"cooldownDuration":${p.failover.cooldownDuration}}`,
    `"retry":{"enabled":${flag(p.retry.isEnabled)},"maxRetries":${p.retry.maxRetries},` +
      `"retryTimeout":${p.retry.retryTimeout}}`,
    `"rules":${list<AnswerRule>(p.rules, describeAnswerRule)}`,
    `"breaker":[${p.breaker.failureThreshold},${p.breaker.openFor},${p.breaker.maxOpenFor}]`,
    `"ledgerKey":${bytes(p.ledgerKey)}`,
    `"probePath":${bytes(p.probePath)}`,
  ];
  return `{${parts.join(",")}}`;
}

function describeEndpoint(endpoint: Endpoint | null): string {
  if (endpoint === null) return "null";
  const parts = [
    `"cluster":${bytes(endpoint.cluster)}`,
    `"authority":${bytes(endpoint.authority)}`,
    `"base":${bytes(endpoint.base)}`,
    `"query":${bytes(endpoint.query)}`,
    `"auth":${bytes(endpoint.authHeader)}`,
    `"bearer":${flag(endpoint.hasBearerPrefix)}`,
    `"keepPath":${flag(endpoint.keepsPath)}`,
    `"version":${bytes(endpoint.versionValue)}`,
  ];
  return `{${parts.join(",")}}`;
}

function describeToken(token: Token): string {
  const parts = [
    `"label":${bytes(token.label)}`,
    `"bearer":${bytes(token.bearer)}`,
    `"hash":"${bswap<u64>(token.hash).toString(16).padStart(16, "0")}"`,
    `"weight":${token.weight}`,
    `"priority":${token.priority}`,
    `"models":${list<string>(
      token.models.map<string>(p => describePredicate(p)),
      text,
    )}`,
  ];
  return `{${parts.join(",")}}`;
}

function describeMapping(mapping: ModelMapping): string {
  const parts: string[] = [];
  for (let i = 0; i < mapping.entries.length; i++) {
    const entry = mapping.entries[i];
    const target = entry.target;
    const pattern = entry.isExact ? entry.pattern.toString() : entry.pattern.toString() + "*";
    parts.push(`[${text(pattern)},${target === null ? "null" : target.json.toString()}]`);
  }
  return `[${parts.join(",")}]`;
}

/** Runs of statuses, "400-499,503". */
function describeStatuses(set: StatusSet | null): string {
  if (set === null) return "null";
  const runs: string[] = [];
  for (let status = 100; status < 600; status++) {
    if (!set.has(status)) continue;
    const from = status;
    while (status < 599 && set.has(status + 1)) status++;
    runs.push(from == status ? `${from}` : `${from}-${status}`);
  }
  return `"${runs.join(",")}"`;
}

function describeAnswerRule(rule: AnswerRule): string {
  return (
    `{"statuses":${describeStatuses(rule.statuses)},"isExcept":${flag(rule.isExcept)},"code":${bytes(rule.code)},` +
    `"contains":${bytes(rule.contains)},"causes":${rule.causes},"from":${rule.from},"then":${rule.then},` +
    `"out":${rule.out},"for":${rule.forMs},"stays":${flag(rule.staysAtProvider)},"goesOn":${flag(rule.letsNextRulesApply)}}`
  );
}

function describePredicate(predicate: Predicate): string {
  return predicate.isExact ? "=" + predicate.value.toString() : predicate.value.toString() + "*";
}

function describeRoute(route: Route): string {
  const predicates = route.predicates.map<string>(p => describePredicate(p));
  const parts = [
    `"index":${route.index}`,
    `"name":${bytes(route.name)}`,
    `"predicates":${list<string>(predicates, text)}`,
    `"upstreams":${list<Upstream>(route.upstreams, describeUpstream)}`,
    `"fallback":${list<Upstream>(route.fallback, describeUpstream)}`,
    `"fallbackRandom":${flag(route.hasRandomFallback)}`,
    `"rules":${list<AnswerRule>(route.rules, describeAnswerRule)}`,
    `"guard":${<i32>route.guard}`,
    `"times":[${route.firstTokenTimeout},${route.attemptTimeout},${route.timeout},${route.maxWait}]`,
    `"retryBudget":${route.retryBudget}`,
  ];
  return `{${parts.join(",")}}`;
}

function describeUpstream(upstream: Upstream): string {
  return (
    `{"provider":${bytes(upstream.provider.id)},"weight":${upstream.weight},` +
    `"mapping":${describeMapping(upstream.mapping)}}`
  );
}
