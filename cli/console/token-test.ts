import { Auth } from "../../assembly/config/presets.js";
import { presets } from "../config/preset-table.js";
import type { TokenTest } from "./console-types.js";
import { addressOf } from "./config-view.js";
import { fingerprintOf } from "./token-store.js";

const LIMIT = 15_000;
const MOST_WORDS = 300;
const MOST_MODELS = 200;

export interface TestedToken {
  name: string;
  value: string;
}

/**
 * Asks a provider one question with a token: one token of output from `model`, or the free list of models where none is known.
 * It goes from the console to the provider and never through the gateway, so that it changes no health state.
 */
export async function testToken(type: string, url: string, model: string, token: TestedToken): Promise<TokenTest> {
  const started = performance.now();
  const done = (result: TokenTest["result"], status: number, words: string, models: string[] = []): TokenTest => ({
    ...{ name: token.name, fingerprint: fingerprintOf(token.value), result, status, model, models },
    ms: Math.round(performance.now() - started),
    words: starred(words, token.value),
  });
  try {
    const response = await ask(type, addressOf(type, url).replace(/\/$/, ""), model, token.value);
    const body = await response.text();
    if (response.ok) return done("works", response.status, "", model === "" ? modelsIn(body) : []);
    const words = wordsOf(body);
    if ([401, 402, 403].includes(response.status)) return done("refused", response.status, words);
    return done(response.status === 429 ? "limited" : "unclear", response.status, words);
  } catch (error) {
    return done("unreachable", 0, reasonOf(error as Error));
  }
}

function ask(type: string, base: string, model: string, token: string): Promise<Response> {
  const preset = presets.get(type);
  const headers = { "content-type": "application/json", ...CREDENTIALS[preset?.auth ?? Auth.Bearer](token) };
  const signal = AbortSignal.timeout(LIMIT);
  if (model === "") return fetch(`${base}${preset?.probe || "/models"}`, { headers, signal, redirect: "error" });
  const body = JSON.stringify({ model, max_tokens: 1, messages: [{ role: "user", content: "Hi" }] });
  return fetch(`${base}/chat/completions`, { method: "POST", headers, body, signal, redirect: "error" });
}

const CREDENTIALS: Record<Auth, (token: string) => Record<string, string>> = {
  [Auth.Bearer]: token => ({ authorization: `Bearer ${token}` }),
  [Auth.Raw]: token => ({ authorization: token }),
  [Auth.XApiKey]: token => ({ "x-api-key": token }),
  [Auth.ApiKey]: token => ({ "api-key": token }),
};

/** What a list of models names. */
function modelsIn(body: string): string[] {
  try {
    const { data } = JSON.parse(body) as { data?: { id?: unknown }[] };
    return (data ?? []).flatMap(({ id }) => (typeof id === "string" ? id : [])).slice(0, MOST_MODELS);
  } catch {
    return [];
  }
}

/** What a provider says in an error, wherever it puts it. */
function wordsOf(body: string): string {
  try {
    const { error, message, detail } = JSON.parse(body) as Record<string, unknown>;
    const inner = typeof error === "object" && error !== null ? (error as Record<string, unknown>).message : error;
    return String(inner ?? message ?? detail ?? "");
  } catch {
    return "";
  }
}

/** Short, without control characters, and without the token or most of it. */
function starred(words: string, token: string): string {
  const hidden = token.length < 8 ? words : words.replaceAll(token, "***").replaceAll(token.slice(0, 8), "***");
  // eslint-disable-next-line no-control-regex
  return hidden.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").slice(0, MOST_WORDS);
}

function reasonOf(error: Error): string {
  if (error.name === "TimeoutError") return `no answer within ${LIMIT / 1000} s`;
  const { code } = (error.cause ?? {}) as { code?: string };
  return (code !== undefined && REASONS[code]) || code || error.message;
}

/** Why nobody answered, by the system's code. */
const REASONS: Record<string, string> = {
  ENOTFOUND: "no such host (ENOTFOUND)",
  EAI_AGAIN: "the name server does not answer (EAI_AGAIN)",
  ECONNREFUSED: "nobody listens there (ECONNREFUSED)",
  ECONNRESET: "the connection was closed (ECONNRESET)",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time (UND_ERR_CONNECT_TIMEOUT)",
};
