/**
 * One plugin configuration: which filter it is for, and the site configurations that it holds. Built once in on_configure and only
 * read afterwards; the one exception is the cluster of a provider that has none (filters/missing-cluster).
 * In all classes of the configuration, text that goes to the host is kept as bytes, durations are milliseconds, and sizes are bytes.
 */
import { Bytes } from "../text/bytes";
import { SiteConfig } from "./site-config";

/** Which filter a root is. */
export enum Role {
  /** Serves clients. */
  Gateway,
  /** An upstream filter of the router: one stream for each attempt. */
  Attempt,
  /** Serves the status and takes orders, on the status listener. */
  Status,
}

/** The requests that a site configuration of Higress is for; every non-empty list must match. */
export class SiteRule {
  routes: Bytes[] = [];
  routePrefixes: Bytes[] = [];
  services: Bytes[] = [];
  domains: Bytes[] = [];
  config!: SiteConfig;
}

/** One plugin configuration as the host hands it over. */
export class Plugin {
  role: Role = Role.Gateway;
  /** Role.Status: SHA-256 of the password for callers beyond loopback; null: none may call. */
  password: Bytes | null = null;
  /** Role.Status: the version that it shows. */
  version: Bytes = Bytes.of("");
  /** There are mistakes. Sites without mistakes can be served nevertheless. */
  hasMistakes: bool = false;
  /** All mistakes belong to refused sites, so that the others can be served. */
  isPartial: bool = false;
  /** Role.Attempt: it is an HTTP filter of an internal listener. */
  isInListener: bool = false;
  /** In order; the first match wins. */
  rules: SiteRule[] = [];
  /** Used when no rule matches; null: such requests pass untouched. */
  global: SiteConfig | null = null;
  /** One line each, for the log. */
  warnings: string[] = [];
}
