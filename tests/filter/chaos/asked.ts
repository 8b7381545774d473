/** One client's request in a scenario, and what must be true of it. */
import { expect } from "vitest";
import { wordsOf, type Ask, type Call, type Seen } from "../../host/proxy-host.js";
import type { Vm } from "../../host/vm.js";
import { textOf } from "./chaos-provider.js";
import {
  FATES,
  hasRetries,
  type CallStep,
  type Fate,
  type FateKind,
  type Scenario,
  type Settings,
} from "./scenario.js";

/** The route's `timeout`, ms. */
export const TIMEOUT = 8000;
/** With less time than this left nothing more is tried, ms. */
const LEAST = 100;
/** The longest that one attempt may take: attemptTimeout, a connect timeout, and a tick. */
const LONGEST = 2500 + 300 + 100;
/** `limits.requestBody`. */
export const LARGEST = 80_000;
export const CLIENT_SECRET = "client-secret";
export const TOKEN = /\b(qwen|lost|deepseek)-[1-9]\b/;

const GOOD: Fate = {
  ...{ kind: "good", wait: 0, pause: 0, splits: [], evil: false, interim: false, trailers: false },
  ...{ endsWithLast: true, words: 1 },
};

interface Attempt {
  cluster: string;
  token: string;
  fate: Fate;
  by: Seen["by"];
}

const isOneOf = (kinds: readonly FateKind[], { kind }: Fate): boolean => kinds.includes(kind);

export class Asked {
  call!: Call;
  readonly attempts: Attempt[] = [];
  /** Whole texts that providers have begun to give. */
  private readonly texts = new Set<string>();
  /** The host did something that nobody can foresee. */
  disturbed = false;
  verified = false;
  /** How many VMs had trapped when it came. */
  trapsBefore = 0;
  /** After a reload the first attempt brings that role back. */
  hasAttemptRole = false;
  readonly body: string | undefined;

  constructor(
    readonly step: CallStep,
    readonly mark: number,
    /** Which configuration it came under. */
    readonly settings: Settings,
    readonly vm: Vm,
    private readonly scenario: Scenario,
  ) {
    this.body = bodyOf(step, mark);
  }

  get ask(): Ask {
    const { step, mark, body } = this;
    const secret = `Bearer ${CLIENT_SECRET}`;
    const headers: Record<string, string> = {
      ...{ "idempotency-key": String(mark), authorization: secret, "x-api-key": CLIENT_SECRET, cookie: CLIENT_SECRET },
      ...{ "api-key": CLIENT_SECRET, "x-goog-api-key": CLIENT_SECRET, "proxy-authorization": CLIENT_SECRET },
      ...(step.shape === "off" || step.shape === "same-model" ? { "x-ai-failover": step.shape } : {}),
      ...(step.trusted ? { "x-envoy-max-retries": "0", "x-envoy-upstream-alt-stat-name": "s" } : {}),
    };
    const path = PATHS[step.shape];
    return {
      ...{ headers, worker: step.worker, trusted: step.trusted, endsWithLast: step.endsWithLast },
      path: `${path ?? "/v1/chat/completions"}?key=${CLIENT_SECRET}&a=1`,
      ...(body === undefined ? {} : { body: step.tellsLength ? body : piecesOf(body, step) }),
      ...(step.trailers && body !== undefined ? { trailers: { "x-end": "1" } } : {}),
      ...(step.leaveAfter === null ? {} : { leaveAfter: step.leaveAfter }),
      ...(step.leaveOnContent ? { leaveOn: "w " } : {}),
    };
  }

  /** A provider gets a request of it: checks that, and answers what becomes of it and with which text. */
  meet(seen: Seen): { fate: Fate; text: string; stream: boolean } {
    const { cluster, headers } = seen;
    expect(this.call?.ended, "a hop is tried for a client that is served or gone").toBeUndefined();
    if (this.body !== undefined) {
      const model = cluster === "qwen" ? "m" : `${cluster}-chat`;
      expect(seen.body === this.body.replace('"model":"m"', `"model":"${model}"`), "the body there").toBe(true);
    } else expect(seen.body).toBe("");
    const fate = this.step.fates[this.attempts.length] ?? GOOD;
    this.attempts.push({ cluster, token: headers["authorization"]!, fate, by: seen.by });
    const text = textOf(this.mark, this.attempts.length, fate.words);
    this.texts.add(text.trim());
    return { fate, text, stream: this.streams };
  }

  private get streams(): boolean {
    return this.step.stream && this.body !== undefined && this.step.shape !== "other-api";
  }

  /** Of an answer that has ended, whoever ended it. */
  verify(): void {
    this.verified = true;
    const { call } = this;
    const told = JSON.stringify([call.headers, call.trailers ?? {}]);
    for (const secret of [
      TOKEN,
      CLIENT_SECRET,
      "provider-cookie",
      "stolen",
      "alt-svc",
      "x-envoy-r",
      "x-ai-failover-wait",
    ])
      expect(told).not.toMatch(secret);
    expect(call.headers).not.toHaveProperty("x-ai-failover-retry");
    expect(call.text).not.toMatch(CLIENT_SECRET);
    const marks = new Set(call.text.match(/<\d+\.\d+/g) ?? []);
    expect(
      [...marks].filter(mark => !mark.startsWith(`<${this.mark}.`)),
      "another client's bytes",
    ).toEqual([]);
    expect(marks.size, "two answers in one").toBeLessThanOrEqual(1);
    if (!this.disturbed) this.verifyWay();
    if (call.ended === "left") return;
    expect(call.status, "an answer without a status").not.toBe(0);
    if (call.ended === "complete" && call.status === 200 && !this.tellsError) this.verifyWhole();
    else if (!this.disturbed && !this.scenario.health) this.verifyFailure();
  }

  /**
   * With an attempt role every hop streams; a callout goes on only where the router does not (facts 18.2, 19.5): behind a 1xx, and behind a
   * held stream without headers, whose first words have a shorter limit than the whole answer, which is Envoy's limit.
   */
  private verifyWay(): void {
    const { lost, retryTimeout } = this.settings;
    if (!this.hasAttemptRole || lost || retryTimeout > 0) return;
    const isHeld = this.streams && this.settings.guard === "full";
    const end = this.attempts.findIndex(({ fate }) => fate.interim || (isHeld && fate.kind === "silence"));
    const before = this.attempts.slice(0, end < 0 ? undefined : end + 1);
    expect(
      before.map(({ by }) => by).filter(by => by === "callout"),
      "hops by callout",
    ).toEqual([]);
  }

  private get tellsError(): boolean {
    return this.call.text.includes('"error"');
  }

  /** A success is one provider's whole answer. */
  private verifyWhole(): void {
    // Of those that may be sent but once the provider's own answer passes, whatever it is.
    if (["models", "off", "stateful"].includes(this.step.shape)) return;
    const { text } = this.call;
    let words: string | undefined;
    try {
      words = text.startsWith("<") ? text : wordsOf(text);
    } catch {
      // What was asked for: guard none lets a document pass before it is known to be whole.
      expect(this.settings.guard, `a broken answer as a success: ${text.slice(0, 200)}`).toBe("none");
      return;
    }
    if (this.settings.guard === "none" && !words.startsWith(`<${this.mark}.`)) return;
    expect([...this.texts], "a whole answer").toContain(words.trim());
  }

  /**
   * What is known of a failure when no breaker is at work and nothing disturbed the host: it is the time limit; or an attempt's own
   * answer, which is about the request; or bytes were out already; or every provider of the plan was tried, and where
   * only tokens were at fault every token.
   */
  private verifyFailure(): void {
    const { call, attempts, step } = this;
    const last = attempts.at(-1)?.fate;
    if (step.shape === "bad-json") return expect(call.status).toBe(400);
    if (step.shape === "too-large") return expect(call.status).toBe(413);
    if (step.shape === "off" || step.shape === "stateful") return expect(attempts.length).toBe(1);
    // Nothing to say is an answer where no completion was asked for.
    if (call.status === 204) return expect(["no-body", "other-api"]).toContain(step.shape);
    if (call.status === 504) return this.verifyTimeout();
    if (call.status === 200) {
      // Only bytes that are out stand in the way of another hop.
      const out = this.settings.guard === "none" || isOneOf(FATES.late, last!) || call.ms >= TIMEOUT - LEAST;
      return expect(out, `an answer that broke off after ${JSON.stringify(last)}`).toBe(true);
    }
    // The request's own mistake, whoever said it, unless that may be due to a switch.
    if (attempts.some(({ fate }) => isOneOf(FATES.caller, fate) && fate.kind === call.status)) return;
    expect([404, 424, 429, 503], `status after ${JSON.stringify(last)}: ${call.text.slice(0, 200)}`).toContain(
      call.status,
    );
    if (!this.isCutWhileHeld) this.verifyCoverage();
  }

  /** Without an attempt role Envoy answers by itself, and nobody can go on (facts 12.3). */
  private get isCutWhileHeld(): boolean {
    const last = this.attempts.at(-1);
    return (
      !hasRetries(this.scenario) && last?.by === "attempt" && ["cut", "cut-before"].includes(String(last.fate.kind))
    );
  }

  /** After a 103 Envoy keeps no limit of an attempt, and of a plan with one provider nobody does. */
  private verifyTimeout(): void {
    const { attempts, step } = this;
    expect(this.call.ms).toBeGreaterThanOrEqual(TIMEOUT - LEAST);
    const isUnlimited = step.shape === "same-model" || attempts.some(({ fate }) => fate.interim);
    if (!isUnlimited) expect(attempts.length * LONGEST, "time that its attempts may take").toBeGreaterThan(TIMEOUT);
  }

  private verifyCoverage(): void {
    const hops = {
      qwen: this.settings.qwen,
      ...(this.step.shape === "same-model" ? {} : { deepseek: this.settings.deepseek }),
    };
    for (const [cluster, count] of Object.entries(hops)) {
      const there = this.attempts.filter(attempt => attempt.cluster === cluster);
      expect(there.length, `${cluster} was not tried: ${this.call.text.slice(0, 300)}`).toBeGreaterThan(0);
      if (!there.every(({ fate }) => isOneOf(FATES.token, fate) && !this.isLate(fate))) continue;
      const tokens = new Set(there.map(({ token }) => token));
      expect(tokens.size, `tokens of ${cluster} that were tried`).toBe(count);
    }
  }

  /** Its answer may not be waited for. */
  private isLate({ wait }: Fate): boolean {
    const { retryTimeout } = this.settings;
    return retryTimeout > 0 && wait >= retryTimeout;
  }
}

const PATHS: Partial<Record<CallStep["shape"], string>> = {
  models: "/v1/models",
  "no-body": "/v1/voices/m",
  "other-api": "/v1/embeddings",
};

function bodyOf({ shape, stream, size }: CallStep, mark: number): string | undefined {
  if (shape === "models" || shape === "no-body") return undefined;
  if (shape === "bad-json") return '{"model":"m",';
  const pad = "x".repeat(shape === "too-large" ? LARGEST + 1000 : size);
  const state = shape === "stateful" ? { previous_response_id: "r" } : {};
  return JSON.stringify({
    prompt: `prompt-${mark}`,
    model: "m",
    stream: stream && shape !== "other-api",
    ...state,
    pad,
  });
}

function piecesOf(body: string, { splits, pause }: CallStep): (string | number)[] {
  const cuts = [...splits.map(percent => Math.round((percent * body.length) / 100)), body.length].sort((a, b) => a - b);
  return cuts.flatMap((cut, i) => [body.slice(cuts[i - 1] ?? 0, cut), pause]).slice(0, -1);
}
