import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Address } from "../config/config-types.js";
import type { Sessions } from "./sessions.js";

export const SESSION_COOKIE = "ai-failover-session";

/** What may be asked without a session: the page itself, and to log in. */
const OPEN_PATHS = ["/api/login", "/api/session"];

const CONTENT_POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "font-src", "connect-src"].map(kind => `${kind} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map(kind => `${kind} 'none'`),
].join("; ");

const HEADERS = {
  "content-security-policy": CONTENT_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/**
 * Keeps pages of other origins out: a name that is not ours (DNS rebinding), a page that frames ours or sends a form, and
 * everybody without a session. Applies to every path of the server.
 */
export function guardRequests(
  server: FastifyInstance,
  listen: () => Address,
  hosts: string[],
  sessions: Sessions,
): void {
  server.addHook("onRequest", async (request, reply) => {
    void reply.headers(HEADERS);
    const refusal = refuse(request, listen(), hosts, sessions);
    if (refusal !== undefined) await reply.code(refusal.status).send({ error: refusal.error });
  });
}

function refuse(request: FastifyRequest, listen: Address, hosts: string[], sessions: Sessions) {
  const { host } = request.headers;
  if (host === undefined || !isOurs(host, listen, hosts))
    return {
      status: 421,
      error: "This name is not the console's: open it by its listen address, or add the name to console.hosts.",
    };
  const changes = !["GET", "HEAD"].includes(request.method);
  const { origin, "content-type": type = "", "sec-fetch-site": site } = request.headers;
  if (site !== undefined && !["same-origin", "none"].includes(String(site)))
    return { status: 403, error: "Pages of other origins cannot use the console." };
  if (changes && (origin === undefined || hostOf(origin) !== host.toLowerCase()))
    return { status: 403, error: "A change must come from the console's own page." };
  if (changes && !/^application\/json\b/i.test(type)) return { status: 415, error: "A change is JSON." };
  const path = request.url.split("?", 1)[0]!;
  if (path.startsWith("/api/") && !OPEN_PATHS.includes(path) && !sessions.isKnown(request.cookies[SESSION_COOKIE]))
    return { status: 401, error: "Log in first." };
  return undefined;
}

/** The listen address, localhost, or a configured name; with the port that was called, or as a proxy before us has it. */
function isOurs(host: string, listen: Address, hosts: string[]): boolean {
  const [, name = "", port = ""] = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(host.toLowerCase()) ?? [];
  const bare = name.replace(/^\[|\]$/g, "");
  if (hosts.some(other => other.toLowerCase() === bare || other.toLowerCase() === host.toLowerCase())) return true;
  return [listen.host, "localhost", "127.0.0.1", "::1"].includes(bare) && Number(port || 80) === listen.port;
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return "";
  }
}

/** Strict: no other site's request carries it, and no script reads it. */
export function setSession(reply: FastifyReply, session: string): void {
  void reply.setCookie(SESSION_COOKIE, session, { path: "/", httpOnly: true, sameSite: "strict" });
}
