import { startRoom } from "./compile-room.js";

/** Enums of the module, by name: health/verdict.ts, config/provider.ts and config/answer-rule.ts. */
export const FAMILIES = ["openai", "dashscope", "deepseek", "anthropic", "gemini", "azure"] as const;
export const SCOPES = ["nobody", "token-model", "token", "provider-model", "provider-api", "provider"] as const;
export const NEXTS = ["return", "same-provider", "next-token", "next-provider", "second-opinion"] as const;
export const ENDS = [
  "none",
  "refused",
  "tls",
  "connect-timeout",
  "reset",
  "first-token-timeout",
  "attempt-timeout",
  "cut",
  "stalled",
  "no-end-mark",
  "empty",
  "garbage",
  "client-gone",
  "local",
  "upload-reset",
] as const;
const CHOICES = ["random", "weighted", "sticky"] as const;
/** Of RuleThen and RuleOut. */
const THENS = ["next-token", "next-provider", "return"] as const;
const OUTS = ["nobody", "token", "token-model", "provider-model", "provider"] as const;

/** A rule, as assembly/config/answer-rule.ts has it. */
export interface AnswerRule {
  statuses?: number[];
  isExcept?: boolean;
  code?: string;
  contains?: string;
  causes?: number;
  from?: number;
  then?: (typeof THENS)[number];
  out?: (typeof OUTS)[number];
  forMs?: number;
  stays?: boolean;
  goesOn?: boolean;
}

const ACTS = ["failed", "succeeded", "released"] as const;
const PROBES = ["none", "free-call", "completion"] as const;

export type Family = (typeof FAMILIES)[number];
export type End = (typeof ENDS)[number];
type Act = (typeof ACTS)[number];

interface Exports {
  memory: WebAssembly.Memory;
  alloc(size: number): number;
  free(ptr: number): void;
  causes(): number;
  namePtr(cause: number): number;
  nameLen(cause: number): number;
  needsBody(status: number): number;
  newAnswer(family: number, status: number, body: number, len: number): void;
  askForModel(name: number, len: number): void;
  atStrangePath(): void;
  atTime(unixMs: bigint): void;
  takeHeaders(): void;
  classifyAnswer(): void;
  classifyError(): void;
  messageOf(body: number, len: number, secret: number, secretLen: number): number;
  messageLen(): number;
  classifyEnd(end: number): void;
  noRules(): void;
  addRule(...rule: [number, number, number, number, number, isExcept: boolean, stays: boolean, goesOn: boolean]): void;
  ruleStatus(status: number): void;
  ruleText(isCode: boolean, ptr: number, len: number): void;
  obeyRules(status: number, isInside: boolean): void;
  cause(): number;
  scope(): number;
  next(): number;
  flags(): number;
  waitMs(): bigint;
  readHeaders(list: number, len: number, unixMs: bigint): void;
  askedMs(): bigint;
  budgetStart(perMille: number): void;
  budgetRequest(now: bigint): void;
  budgetTake(now: bigint): number;
  world(): void;
  newConfiguration(): void;
  provider(key: number, choice: number): number;
  token(p: number, hash: bigint, weight: number, priority: number, model: bigint): void;
  failover(p: number, enabled: boolean, failures: number, successes: number, cooldown: number): void;
  healthCheck(p: number, interval: number, timeout: number, model: boolean, path: boolean): void;
  breaker(p: number, failures: number, openFor: number, maxOpenFor: number): void;
  vm(probing: boolean): number;
  lose(writes: number): void;
  interlope(...act: RawAct): void;
  reads(): number;
  writes(): number;
  refresh(v: number): void;
  isSettled(v: number): number;
  slots(): number;
  slotPtr(slot: number): number;
  slotLen(slot: number): number;
  overwrite(slot: number, ptr: number, len: number): void;
  seed(value: bigint): void;
  noTried(): void;
  addTried(p: number, token: number, model: bigint): void;
  pick(v: number, p: number, model: bigint, api: bigint, sticky: bigint, now: bigint): number;
  isTrial(v: number): number;
  pickForced(v: number, p: number, model: bigint, api: bigint, now: bigint): number;
  soonestToken(v: number, p: number, model: bigint, api: bigint, now: bigint): number;
  opensIn(v: number, p: number, model: bigint, api: bigint, now: bigint): bigint;
  isRateLimited(v: number, p: number, model: bigint, api: bigint, now: bigint): number;
  mayTryAgain(v: number, p: number, token: number, model: bigint, api: bigint, now: bigint): number;
  act(...act: RawAct): void;
  takeOut(v: number, p: number, token: number, until: bigint, now: bigint): void;
  bringBack(v: number, p: number, token: number, now: bigint): void;
  tryNow(v: number, p: number, token: number, now: bigint): void;
  sipHash(key0: bigint, key1: bigint, domain: bigint, ptr: number, len: number): bigint;
  keyOf(v: number, ofApi: boolean, name: bigint): bigint;
  nextProbe(v: number, now: bigint): number;
  probe(v: number, field: number): number;
  probeAnswered(v: number, ticket: number, isGood: boolean, kind: number, wait: bigint, now: bigint): void;
  forget(v: number): void;
  isQuiet(v: number): number;
  entries(v: number, p: number): number;
  requests(v: number, p: number, model: bigint, now: bigint, times: number): number;
}
type RawAct = [number, number, number, number, bigint, bigint, number, bigint, bigint, bigint];

/** What an attempt's failure counts against, as the judge of answers would say. */
export interface Evidence {
  cause: string;
  scope: (typeof SCOPES)[number];
  widens?: boolean;
  half?: boolean;
  doubtful?: boolean;
  wait?: number;
}

/** How an attempt failed: in short, or a rate limit of one model that asks for a wait in ms, or as the judge says it. */
export type Failure = keyof typeof EVIDENCE | { wait: number } | Evidence;

const provider = (cause: string): Evidence => ({ cause, scope: "provider" });
const providerModel = (cause: string): Evidence => ({ cause, scope: "provider-model", widens: true });
const slow: Evidence = { cause: "slow", scope: "provider-model", widens: true, half: true };
const nobody = (cause: string): Evidence => ({ cause, scope: "nobody" });

/** What these tests take the usual failures for; how answers are judged is told in the tests of the judge. */
export const EVIDENCE = {
  revoked: { cause: "credential", scope: "token" },
  empty: { cause: "quota", scope: "token" },
  forbidden: { cause: "credential", scope: "token-model", widens: true },
  limited: { cause: "rate-limit", scope: "token-model" },
  "no model": { cause: "model", scope: "provider-model" },
  "no api": { cause: "api", scope: "provider-api" },
  error: providerModel("provider"),
  cut: providerModel("broken-stream"),
  slow,
  refused: provider("connect"),
  reset: { ...provider("connect"), doubtful: true },
  mistake: nobody("caller"),
  left: nobody("client"),
  local: nobody("local"),
} satisfies Record<string, Evidence>;

export interface Hop {
  token: number;
  trial: boolean;
}

interface Settings {
  tokens?: number | bigint[];
  weights?: number[];
  priorities?: number[];
  /** The one model that a token may serve. */
  models?: (bigint | undefined)[];
  choice?: (typeof CHOICES)[number];
  enabled?: boolean;
  failureThreshold?: number;
  successThreshold?: number;
  cooldownDuration?: number;
  healthCheckInterval?: number;
  healthCheckTimeout?: number;
  healthCheckModel?: boolean;
  probePath?: boolean;
  breaker?: { failureThreshold?: number; openFor?: number; maxOpenFor?: number };
  /** Names its record; another provider's by default. */
  key?: number;
}

const MODEL = 77n;
const API = 99n;
const NS = 1_000_000n;

/** Of which attempt an end is told. */
export interface Ended {
  p?: number;
  model?: bigint;
  api?: bigint;
  exchange?: bigint;
  trial?: boolean;
}

export interface Asked {
  model?: bigint;
  api?: bigint;
  sticky?: bigint;
  tried?: number[];
}

export type Body = string | object;

/** What a failed answer was asked for, and what else came with it. */
export interface FailedRequest {
  model?: string;
  strange?: boolean;
  headers?: Record<string, string>;
  unixMs?: number;
  /** Runs while its body is there. */
  after?: () => void;
}

/** In the layout of assembly/http/header-list.ts; each character is a byte. */
export function headerListOf(headers: [name: string, value: string][]): Buffer {
  const all = headers.map(([name, value]) => [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")] as const);
  const sizes = Buffer.alloc(4 + all.length * 8);
  sizes.writeUInt32LE(all.length, 0);
  all.forEach(([name, value], i) => {
    sizes.writeUInt32LE(name.length, 4 + i * 8);
    sizes.writeUInt32LE(value.length, 8 + i * 8);
  });
  return Buffer.concat([sizes, ...all.flatMap(([name, value]) => [name, Buffer.of(0), value, Buffer.of(0)])]);
}

export class HealthRoom {
  /** Virtual time, ms. */
  now = 1_000;
  private exchanges = 0n;

  private constructor(readonly wasm: Exports) {}

  static async start(): Promise<HealthRoom> {
    return new HealthRoom(await startRoom<Exports>("health"));
  }

  // === Verdicts ===

  get causeNames(): string[] {
    return (this.names ??= this.readCauseNames());
  }

  private names: string[] | undefined;

  private readCauseNames(): string[] {
    return Array.from({ length: this.wasm.causes() }, (_, i) =>
      Buffer.from(this.wasm.memory.buffer, this.wasm.namePtr(i), this.wasm.nameLen(i)).toString(),
    );
  }

  /** A failed answer to a request for `model`; with a 2xx an error inside it. */
  answer(family: Family, status: number, body: Body = "", asked: FailedRequest = {}) {
    this.with(body, (ptr, len) =>
      this.with(asked.model ?? "", (model, modelLen) => {
        if (asked.headers) this.retryAfter(asked.headers, asked.unixMs);
        this.wasm.newAnswer(FAMILIES.indexOf(family), status, ptr, len);
        this.wasm.askForModel(model, modelLen);
        if (asked.strange) this.wasm.atStrangePath();
        this.wasm.atTime(BigInt(asked.unixMs ?? 0));
        if (asked.headers) this.wasm.takeHeaders();
        if (status < 300) this.wasm.classifyError();
        else this.wasm.classifyAnswer();
        asked.after?.();
      }),
    );
    return this.verdict();
  }

  error(family: Family, body: Body) {
    return this.answer(family, 200, body);
  }

  /** What people are shown of an error's body. */
  messageOf(body: Body, secret = ""): string {
    return this.with(body, (ptr, len) =>
      this.with(secret, (at, size) => {
        const shown = this.wasm.messageOf(ptr, len, at, size);
        return Buffer.from(this.wasm.memory.buffer, shown, this.wasm.messageLen()).toString();
      }),
    );
  }

  end(end: End) {
    this.wasm.classifyEnd(ENDS.indexOf(end));
    return this.verdict();
  }

  /** Changes the last verdict by the operator's rules. */
  obey(status: number, rules: AnswerRule[], isInside = false) {
    this.wasm.noRules();
    for (const rule of rules) {
      const { causes = 0, from = 7, isExcept = false, stays = false, goesOn = false } = rule;
      const then = rule.then === undefined ? -1 : THENS.indexOf(rule.then);
      const out = rule.out === undefined ? -1 : OUTS.indexOf(rule.out);
      this.wasm.addRule(causes, from, then, out, rule.forMs ?? 0, isExcept, stays, goesOn);
      rule.statuses?.forEach(one => this.wasm.ruleStatus(one));
      if (rule.code) this.with(rule.code, (ptr, len) => this.wasm.ruleText(true, ptr, len));
      if (rule.contains) this.with(rule.contains, (ptr, len) => this.wasm.ruleText(false, ptr, len));
    }
    this.wasm.obeyRules(status, isInside);
    return this.verdict();
  }

  verdict() {
    const flags = this.wasm.flags();
    return {
      cause: this.causeNames[this.wasm.cause()]!,
      scope: SCOPES[this.wasm.scope()]!,
      next: NEXTS[this.wasm.next()]!,
      half: (flags & 1) !== 0,
      doubtful: (flags & 2) !== 0,
      stay: (flags & 4) !== 0,
      widens: (flags & 8) !== 0,
      waitMs: Number(this.wasm.waitMs()),
    };
  }

  sipHash(key0: bigint, key1: bigint, domain: bigint, text: Uint8Array): bigint {
    return this.with(text, (ptr, len) => BigInt.asUintN(64, this.wasm.sipHash(key0, key1, domain, ptr, len)));
  }

  retryAfter(headers: Record<string, string>, unixMs = Date.UTC(2026, 10, 25)): number {
    this.with(headerListOf(Object.entries(headers)), (list, len) => this.wasm.readHeaders(list, len, BigInt(unixMs)));
    return Number(this.wasm.askedMs());
  }

  // === Workers ===

  /** A new store, clock and configuration. */
  world(...providers: Settings[]): this {
    this.wasm.world();
    this.wasm.seed(BigInt(providers.length) * 7919n);
    this.now = 1_000;
    return this.configure(...providers);
  }

  /** Workers started from now on have these providers. */
  configure(...providers: Settings[]): this {
    this.wasm.newConfiguration();
    providers.forEach((settings, i) => this.addProvider(settings, i));
    return this;
  }

  private addProvider(s: Settings, i: number): void {
    const p = this.wasm.provider(s.key ?? i, CHOICES.indexOf(s.choice ?? "random"));
    const tokens = Array.isArray(s.tokens)
      ? s.tokens
      : Array.from({ length: s.tokens ?? 1 }, (_, t) => BigInt(1000 + t));
    tokens.forEach((hash, t) =>
      this.wasm.token(p, hash, s.weights?.[t] ?? 1, s.priorities?.[t] ?? 0, s.models?.[t] ?? 0n),
    );
    this.wasm.failover(p, s.enabled ?? true, s.failureThreshold ?? 1, s.successThreshold ?? 1, s.cooldownDuration ?? 0);
    this.wasm.healthCheck(
      p,
      s.healthCheckInterval ?? 5000,
      s.healthCheckTimeout ?? 10000,
      s.healthCheckModel ?? false,
      s.probePath ?? false,
    );
    this.wasm.breaker(p, s.breaker?.failureThreshold ?? 3, s.breaker?.openFor ?? 5000, s.breaker?.maxOpenFor ?? 60000);
  }

  /** A failure as one number, and the wait that it asks for. */
  codeOf(failure: Failure): { kind: number; wait: bigint } {
    const evidence: Evidence =
      typeof failure === "string" ? EVIDENCE[failure] : isLimit(failure) ? EVIDENCE.limited : failure;
    const wait = typeof failure === "object" ? failure.wait : undefined;
    const { cause, scope, widens = false, half = false, doubtful = false } = evidence;
    const flags = (widens ? 1 : 0) | (half ? 2 : 0) | (doubtful ? 4 : 0);
    const kind = this.causeNames.indexOf(cause) | (SCOPES.indexOf(scope) << 8) | (flags << 16);
    return { kind, wait: BigInt(wait ?? -1) };
  }

  /** Each record in shared data goes through `change`: another version of the module wrote it, or it is damaged. */
  rewriteShared(change: (record: Buffer) => Buffer): void {
    for (let slot = 0; slot < this.wasm.slots(); slot++) {
      const record = Buffer.from(this.wasm.memory.buffer, this.wasm.slotPtr(slot), this.wasm.slotLen(slot));
      this.with(change(Buffer.from(record)), (ptr, len) => this.wasm.overwrite(slot, ptr, len));
    }
  }

  worker(probing = false): Worker {
    return new Worker(this, this.wasm.vm(probing));
  }

  get ns(): bigint {
    return BigInt(this.now) * NS;
  }

  newExchange(): bigint {
    return ++this.exchanges;
  }

  private with<Result>(text: string | object | Uint8Array, use: (ptr: number, len: number) => Result): Result {
    const isText = typeof text === "string" || text instanceof Uint8Array;
    const bytes = Buffer.from(isText ? text : JSON.stringify(text));
    const block = this.wasm.alloc(bytes.length + 64);
    const memory = new Uint8Array(this.wasm.memory.buffer, block, bytes.length + 64);
    memory.fill(0x22);
    memory.set(bytes, 32);
    const result = use(block + 32, bytes.length);
    this.wasm.free(block);
    return result;
  }
}

function isLimit(failure: { wait: number } | Evidence): failure is { wait: number } {
  return !("cause" in failure);
}

/** One VM. `p` is the provider's place in the configuration. */
export class Worker {
  constructor(
    private readonly room: HealthRoom,
    readonly vm: number,
  ) {}

  private get wasm() {
    return this.room.wasm;
  }

  pick(p = 0, { model = MODEL, api = API, sticky = 0n, tried = [] }: Asked = {}): Hop | undefined {
    this.wasm.noTried();
    tried.forEach(token => this.wasm.addTried(p, token, model));
    const token = this.wasm.pick(this.vm, p, model, api, sticky, this.room.ns);
    return token < 0 ? undefined : { token, trial: this.wasm.isTrial(this.vm) !== 0 };
  }

  /** A whole request's look at it: what others wrote, then a choice. */
  ask(p = 0, asked: Asked = {}): Hop | undefined {
    this.refresh();
    return this.pick(p, asked);
  }

  failed(token: number, failure: Failure, end: Ended = {}): void {
    this.wasm.act(...this.rawAct("failed", token, failure, end));
  }

  succeeded(token: number, end: Ended = {}): void {
    this.wasm.act(...this.rawAct("succeeded", token, "local", end));
  }

  released(token: number, end: Ended = {}): void {
    this.wasm.act(...this.rawAct("released", token, "local", end));
  }

  /** The same, while the next write of another worker is under way. */
  interlope(act: Act, token: number, failure: Failure = "local"): void {
    this.wasm.interlope(...this.rawAct(act, token, failure, {}));
  }

  private rawAct(
    act: Act,
    token: number,
    failure: Failure,
    { p = 0, model = MODEL, api = API, exchange = this.room.newExchange(), trial = true }: Ended,
  ): RawAct {
    const code = ACTS.indexOf(act) + (trial ? 0 : 10);
    const { kind, wait } = this.room.codeOf(failure);
    return [this.vm, code, p, token, model, api, kind, wait, exchange, this.room.ns];
  }

  /** Of what is out, the one forced attempt that is allowed now. */
  forced(p = 0, { model = MODEL, api = API }: Asked = {}): Hop | undefined {
    this.refresh();
    const token = this.wasm.pickForced(this.vm, p, model, api, this.room.ns);
    return token < 0 ? undefined : { token, trial: this.wasm.isTrial(this.vm) !== 0 };
  }

  soonest(p = 0, model = MODEL): number {
    return this.wasm.soonestToken(this.vm, p, model, API, this.room.ns);
  }

  /** A person's orders; `token` undefined: for the whole provider. */
  takeOut(token?: number, ms?: number, p = 0): void {
    const until = ms === undefined ? (1n << 64n) - 1n : this.room.ns + BigInt(ms) * NS;
    this.wasm.takeOut(this.vm, p, token ?? -1, until, this.room.ns);
  }

  bringBack(token?: number, p = 0): void {
    this.wasm.bringBack(this.vm, p, token ?? -1, this.room.ns);
  }

  tryNow(token?: number, p = 0): void {
    this.wasm.tryNow(this.vm, p, token ?? -1, this.room.ns);
  }

  /** Ms. */
  opensIn(p = 0, model = MODEL): number {
    return Number(BigInt.asUintN(64, this.wasm.opensIn(this.vm, p, model, API, this.room.ns)) / NS);
  }

  isRateLimited(p = 0, model = MODEL): boolean {
    return this.wasm.isRateLimited(this.vm, p, model, API, this.room.ns) !== 0;
  }

  mayTryAgain(token: number, p = 0, model = MODEL): boolean {
    return this.wasm.mayTryAgain(this.vm, p, token, model, API, this.room.ns) !== 0;
  }

  refresh(): void {
    this.wasm.refresh(this.vm);
  }

  get isSettled(): boolean {
    return this.wasm.isSettled(this.vm) !== 0;
  }

  nextProbe() {
    const ticket = this.wasm.nextProbe(this.vm, this.room.ns);
    if (ticket === 0) return undefined;
    const field = (i: number) => this.wasm.probe(this.vm, i);
    return {
      ticket,
      kind: PROBES[field(0)]!,
      provider: field(1),
      token: field(2),
      timeoutMs: field(3),
      model: field(4) !== 0,
      ofProvider: field(5) !== 0,
    };
  }

  probeAnswered(probe: { ticket: number }, answer: Failure | "good"): void {
    const { kind, wait } = this.room.codeOf(answer === "good" ? "local" : answer);
    this.wasm.probeAnswered(this.vm, probe.ticket, answer === "good", kind, wait, this.room.ns);
  }

  forget(): void {
    this.wasm.forget(this.vm);
  }

  /** Whether it needs no tick. */
  get isQuiet(): boolean {
    return this.wasm.isQuiet(this.vm) !== 0;
  }

  /** How many entries the provider's record has. */
  entries(p = 0): number {
    return this.wasm.entries(this.vm, p);
  }
}
