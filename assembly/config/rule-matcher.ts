/** Which part of a plugin configuration holds for a request. Called for each one: it allocates nothing. */
import { Char, lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { SiteConfig } from "./site-config";
import { Plugin, SiteRule } from "./plugin";

const STAR = 0x2a;
const BAR = 0x7c;

/** The first rule that matches, else the global part; null: the request passes through untouched. */
export function ruleFor(
  plugin: Plugin,
  route: usize,
  routeLen: usize,
  cluster: usize,
  clusterLen: usize,
  host: usize,
  hostLen: usize,
): SiteConfig | null {
  const hostSize = withoutPort(host, hostLen);
  for (let i = 0, k = plugin.rules.length; i < k; i++) {
    const rule = unchecked(plugin.rules[i]);
    if (
      isRoute(rule, route, routeLen) &&
      isRoutePrefix(rule, route, routeLen) &&
      isService(rule, cluster, clusterLen) &&
      isDomain(rule, host, hostSize)
    )
      return rule.config;
  }
  return plugin.global;
}

function isRoute(rule: SiteRule, route: usize, len: usize): bool {
  const k = rule.routes.length;
  for (let i = 0; i < k; i++) if (unchecked(rule.routes[i]).equals(route, len)) return true;
  return k == 0;
}

function isRoutePrefix(rule: SiteRule, route: usize, len: usize): bool {
  const k = rule.routePrefixes.length;
  for (let i = 0; i < k; i++) {
    const prefix = unchecked(rule.routePrefixes[i]);
    if (len >= prefix.len && memory.compare(route, prefix.ptr, prefix.len) == 0) return true;
  }
  return k == 0;
}

/** "FQDN" or "FQDN:PORT" of a cluster "outbound|PORT|SUBSET|FQDN"; on a stock Envoy the cluster's name. */
function isService(rule: SiteRule, cluster: usize, len: usize): bool {
  const k = rule.services.length;
  if (k == 0) return true;
  const port = barAfter(cluster, len, 0);
  const subset = barAfter(cluster, len, port + 1);
  const name = barAfter(cluster, len, subset + 1);
  const isIstio = name < len && barAfter(cluster, len, name + 1) == len;
  for (let i = 0; i < k; i++) {
    const service = unchecked(rule.services[i]);
    if (service.equals(cluster, len)) return true;
    if (isIstio && isNamed(service, cluster + name + 1, len - name - 1, cluster + port + 1, subset - port - 1))
      return true;
  }
  return false;
}

/** Offset of the first '|' at or behind `from`; `len` when there is none. */
function barAfter(text: usize, len: usize, from: usize): usize {
  while (from < len && load<u8>(text + from) != BAR) from++;
  return min(from, len);
}

function isNamed(service: Bytes, name: usize, nameLen: usize, port: usize, portLen: usize): bool {
  if (service.len < nameLen || memory.compare(service.ptr, name, nameLen) != 0) return false;
  if (service.len == nameLen) return true;
  return (
    service.len == nameLen + 1 + portLen &&
    load<u8>(service.ptr + nameLen) == Char.Colon &&
    memory.compare(service.ptr + nameLen + 1, port, portLen) == 0
  );
}

/** "*.suffix", "prefix*" or a whole name, without regard to case. */
function isDomain(rule: SiteRule, host: usize, len: usize): bool {
  const k = rule.domains.length;
  for (let i = 0; i < k; i++) {
    const domain = unchecked(rule.domains[i]);
    const size = domain.len;
    if (size > 0 && load<u8>(domain.ptr) == STAR) {
      if (len >= size - 1 && isSame(host + len - (size - 1), domain.ptr + 1, size - 1)) return true;
    } else if (size > 0 && load<u8>(domain.ptr + size - 1) == STAR) {
      if (len >= size - 1 && isSame(host, domain.ptr, size - 1)) return true;
    } else if (len == size && isSame(host, domain.ptr, size)) return true;
  }
  return k == 0;
}

function isSame(a: usize, b: usize, len: usize): bool {
  for (let i: usize = 0; i < len; i++) if (lowerCase(load<u8>(a + i)) != lowerCase(load<u8>(b + i))) return false;
  return true;
}

/** Length of the host in an authority: an IPv6 address keeps its brackets (RFC 3986, section 3.2.2). */
function withoutPort(host: usize, len: usize): usize {
  for (let i = len; i > 0; i--) {
    const c = <i32>load<u8>(host + i - 1);
    if (c == Char.CloseBracket) return len;
    if (c == Char.Colon) return i - 1;
  }
  return len;
}
