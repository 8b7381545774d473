/** What the module and the route that is rendered for it agree on. This file imports nothing and both compilers take it. */

/** More attempts than this are not made for one request: the route has one retry less. */
export const MOST_ATTEMPTS = 64;
/** ms: Envoy's limit ends so much later where the module's own clock ends a request, as in hop mode (facts 22.5). */
export const GRACE_MS = 1000;
