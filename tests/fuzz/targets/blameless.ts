import { pluginConfig } from "../../filter/fixture.js";
import {
  chat,
  json,
  openAiError,
  shippedModule,
  startEnvoy,
  type Behaviour,
  type Seen,
} from "../../host/proxy-host.js";
import type { ModelStatus, Status } from "../../../cli/status/status-types.js";
import { KNOWN, type Known } from "../../unit/known-errors.js";
import { PROVES } from "../../unit/proofs.js";
import { target } from "../fuzz-target.js";
import { pick } from "../mutation.js";
import type { Random } from "../random.js";

/** The last one is revoked and good again by turns. */
const TOKENS = 4;
const REVOKED = `t${TOKENS}`;
/** Each has one thing wrong at the first provider: it fails, some tokens may not use it, its rates are low. The others are well. */
const [BROKEN, FORBIDDEN, LIMITED] = ["broken", "forbidden", "limited"] as const;
const WELL = ["well-1", "well-2", "well-3"];

/** Answers about the request itself: no token, model or provider may pay for them. */
const MISTAKES: Known[] = KNOWN.filter(
  ([proof, family, status, , request]) =>
    PROVES[proof].scope === "nobody" && family === "openai" && status >= 400 && request === undefined,
);

interface Request {
  model: string;
  path: string;
  /** An answer to a mistake in the request, by its place. */
  mistake?: number;
  /** Which of the ways in which the model fails. */
  way: number;
  /** Virtual time before it, ms. */
  pause: number;
  turnsKey: boolean;
  isChecked: boolean;
}

function modelOf(random: Random): string {
  return random(6) === 0 ? `unknown-${random(400)}` : pick([BROKEN, FORBIDDEN, LIMITED, ...WELL], random);
}

const RESPONSE = {
  ...{ id: "r", object: "response", status: "completed", usage: { output_tokens: 1 } },
  output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] }],
};

const FAULTS: Behaviour[] = [
  json(500, openAiError("server_error")),
  { status: 503 },
  json(200, openAiError("server_error")),
  { status: 200, body: "<html>" },
  { ...chat("Half"), end: "cut" },
];

/**
 * Whole requests that fail at random, through the module as it ships, against what is true of each token and model: nothing may be out
 * for what another model or a caller did, and nothing wider than one model for what one model did.
 */
export const blameless = target<Request>({
  ...{ name: "blameless", share: 1 },
  generate: random => ({
    model: modelOf(random),
    path: random(20) === 0 ? "/v1/responses" : "/v1/chat/completions",
    ...(random(3) === 0 ? { mistake: random(MISTAKES.length) } : {}),
    way: random(60),
    pause: random(400),
    turnsKey: random(300) === 0,
    isChecked: random(50) === 0,
  }),
  async start() {
    const module = await shippedModule();
    let isRevoked = false;
    let asked: Request | undefined;
    const mistakeOf = ({ mistake }: Request): Behaviour | undefined => {
      if (mistake === undefined) return undefined;
      const [, , status, body] = MISTAKES[mistake]!;
      return typeof body === "string" ? { status, body } : json(status, body);
    };
    const qwen = ({ headers, path }: Seen): Behaviour => {
      const token = headers["authorization"]!.replace("Bearer qwen-", "t");
      const { model, way } = asked!;
      if (token === REVOKED && isRevoked) return json(401, openAiError("invalid_api_key"));
      if (path.endsWith("/responses")) return { status: 404, body: "404 page not found" };
      const mistake = mistakeOf(asked!);
      if (mistake) return mistake;
      if (model === BROKEN) return FAULTS[way % FAULTS.length]!;
      if (model === FORBIDDEN && token !== "t2") return json(403, openAiError("no"));
      if (model === LIMITED && way % 3 === 0)
        return json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": String(way % 5) } });
      if (model.startsWith("unknown-")) return json(404, openAiError("gone", `The model ${model} does not exist`));
      return chat("Hi");
    };
    const deepseek = ({ path }: Seen): Behaviour =>
      mistakeOf(asked!) ?? (path.endsWith("/responses") ? json(200, RESPONSE) : chat("Spare"));
    const envoy = startEnvoy({
      module,
      gateway: pluginConfig({
        tokens: { qwen: TOKENS, deepseek: 2 },
        config: { responseHeaders: "trail" },
        policy: { maxWait: 0 },
      }),
      attempt: { role: "attempt" },
      status: { role: "status", version: "1" },
      clusters: { qwen, deepseek },
    });

    /** Throws where the status shows what no answer has proved. */
    function check(): void {
      const status = envoy.askStatus().json() as Status;
      for (const { id, state, models, tokens, apis } of status.sites[0]!.providers) {
        const isQwen = id === "qwen";
        if (state !== "live") throw new Error(`${id} is ${state}`);
        expectOut(`${id}, models`, models, isQwen ? name => name === BROKEN || isUnknown(name) : none);
        expectOut(`${id}, APIs`, apis, isQwen ? name => name.includes("responses") : none);
        for (const token of tokens) {
          if (token.state !== "live" && !(isQwen && token.name === REVOKED))
            throw new Error(`${id}/${token.name} is ${token.state}: ${JSON.stringify(token.breaker)}`);
          const own = token.name === "t2" ? [LIMITED] : [LIMITED, FORBIDDEN];
          const may = (name: string) => isHidden(name) || own.some(model => model === name);
          if (token.models.filter(({ state }) => state !== "live").length > own.length)
            throw new Error(`${id}/${token.name} is out for ${token.models.map(({ model }) => model).join(", ")}`);
          expectOut(`${id}/${token.name}`, token.models, isQwen ? may : none);
        }
      }
    }

    return {
      run(request) {
        asked = request;
        if (request.turnsKey) isRevoked = !isRevoked;
        envoy.advance(request.pause);
        const { model, path, mistake } = request;
        const body = path.endsWith("/responses") ? { model, input: "Hi" } : { model, messages: [] };
        const call = envoy.ask({ path, body });
        const [trap] = envoy.process.traps;
        if (trap) throw new Error(`a trap: ${trap.reason}`);
        if (WELL.includes(model) && mistake === undefined && !path.endsWith("/responses")) {
          const trail = call.headers["x-ai-failover-trail"] ?? "";
          // The revoked token may be met first: nothing else may stand in the way.
          const [first, second, ...more] = trail.split(", ");
          const isFirst = /^qwen\/t\d;status=200/.test(first!) && second === undefined;
          const isSecond =
            first!.startsWith(`qwen/${REVOKED};status=401`) && /^qwen\/t\d;status=200/.test(second ?? "");
          if (call.status !== 200 || more.length > 0 || !(isFirst || isSecond))
            throw new Error(`${model} was answered ${call.status} after ${trail}: ${call.text.slice(0, 200)}`);
        }
        if (request.isChecked) check();
        envoy.forget();
      },
      get memory() {
        return envoy.workers[0]!.vm.memoryBytes;
      },
    };
  },
});

const none = (): boolean => false;
/** A name that the module has forgotten is told as its hash. */
const isHidden = (name: string): boolean => name.startsWith("#");
const isUnknown = (name: string): boolean => name.startsWith("unknown-") || isHidden(name);

function expectOut(whose: string, models: ModelStatus[], may: (name: string) => boolean): void {
  for (const entry of models)
    if (entry.state !== "live" && !may(entry.model)) throw new Error(`${whose}: ${JSON.stringify(entry)}`);
}
