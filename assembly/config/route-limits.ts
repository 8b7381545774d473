/**
 * What the module and the route that is rendered for it agree on. This file imports nothing and both compilers take it.
 */

/** More attempts than this are not made for one request: the route has one retry less. */
export const MOST_ATTEMPTS = 64;
/** Where the module holds answers by its own clock, as in hop mode, Envoy's limit ends this much later, ms: the module's own clock ends a request first (facts 22.5). */
export const GRACE_MS = 1000;
