/**
 * This file imports nothing and both compilers take it: the command line tool renders the route's retries by it, the module plans by it.
 */

/** More attempts than this are not made for one request. */
export const MOST_ATTEMPTS = 64;
