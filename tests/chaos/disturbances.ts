/** What happens to a gateway under its clients, by chance: faults of its providers, edits, traps of its VMs, deaths of its Envoy. */
import { until, type Gateway } from "../envoy/running-gateway.js";
import { TRAP } from "../envoy/trap.js";
import { pick } from "../fuzz/mutation.js";
import type { Random } from "../fuzz/random.js";

/** Providers that fail; a third one, which comes last in every plan, never does: a hop always lives. */
export const FAILING = ["qwen", "deepseek"] as const;
export const STEADY = "steady";

// No 409: its words are those of a mistake of the caller, which is returned.
const BEFORE_CONTENT = [
  ...["401", "402", "403", "404", "429", "500", "502", "503", "504", "529", "302"],
  ...[
    "hang",
    "silent",
    "keep-alive",
    "slow 400ms",
    "slow-token",
    "reset",
    "refused",
    "error-in-200",
    "empty",
    "garbage",
  ],
];
/** Bytes are out by then, unless the route holds them. */
const WITHIN_ANSWER = ["cut", "truncated", "stall"];

/** Requests that were under way within it may be lost. */
export interface Window {
  what: string;
  from: number;
  to: number;
}

export interface Disturbance {
  what: string;
  window?: Window;
}

const fault = async (gateway: Gateway, random: Random): Promise<Disturbance> => {
  const id = pick(FAILING, random);
  const token = pick(["*", 1, 2, 3], random);
  const kind = pick([...BEFORE_CONTENT, ...WITHIN_ANSWER], random);
  const tokens = gateway.providers[id]!.tokens.length;
  await gateway.providers[id]!.set(typeof token === "number" && token > tokens ? "*" : token, kind);
  return { what: `${id}/${token} ${kind}` };
};

const recovery = async (gateway: Gateway, random: Random): Promise<Disturbance> => {
  const id = pick(FAILING, random);
  await gateway.providers[id]!.reset();
  return { what: `${id} is well` };
};

/** Its routes keep their meaning, their times and tokens change. */
const edit = async (gateway: Gateway, random: Random): Promise<Disturbance> => {
  await gateway.apply(configuration(gateway, LIMIT + random(5_000), random(3)));
  return { what: "an edit" };
};

/** A request, or an answer, that makes the patched module trap. */
const trap = async (gateway: Gateway, random: Random): Promise<Disturbance> => {
  const from = performance.now();
  const before = trapsIn(gateway);
  const inAnswer = random(2) === 0;
  if (inAnswer)
    for (const id of FAILING)
      await gateway.providers[id]!.set("*", { kind: "status", status: 500, headers: { [TRAP]: "1" }, times: 1 });
  else await gateway.ask({ model: "trap" }, { headers: { [TRAP]: "1" } }).catch(() => null);
  // Who is out of every plan is asked nothing, and traps nobody.
  const came = await until(() => trapsIn(gateway) > before, 3000).then(
    () => true,
    () => false,
  );
  if (inAnswer) for (const id of FAILING) await gateway.providers[id]!.reset();
  // Both providers may have answered so, each in a worker of its own.
  await new Promise(done => setTimeout(done, SETTLES));
  return {
    what: `a trap by ${inAnswer ? "an answer" : "a request"}`,
    window: { what: came ? "trap" : "", from, to: now() },
  };
};

/** From the trap in the log to a VM in its place, ms. */
const SETTLES = 500;

const trapsIn = (gateway: Gateway): number => gateway.log().split("unreachable").length;

const death = async (gateway: Gateway): Promise<Disturbance> => {
  const from = now();
  await gateway.restart();
  return { what: "Envoy is killed", window: { what: "death", from, to: now() } };
};

const now = () => performance.now();

/** How often each comes, of all weights. */
const KINDS: [weight: number, run: (gateway: Gateway, random: Random) => Promise<Disturbance>][] = [
  [40, fault],
  [12, recovery],
  [8, edit],
  [5, trap],
  [2, death],
];

export async function disturb(gateway: Gateway, random: Random, mayDie: boolean): Promise<Disturbance> {
  const kinds = KINDS.filter(([, run]) => mayDie || run !== death);
  let at = random(kinds.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, run] of kinds) if ((at -= weight) < 0) return run(gateway, random);
  throw new Error("the weights do not add up");
}

/** Of a whole request, ms: every hop may take its time before the steady one. */
export const LIMIT = 60_000;

/** Two routes: one lets content go at once, the other holds an answer until it is whole. */
export function configuration(gateway: Pick<Gateway, "providers">, timeout: number, first: number) {
  // Above what a crowded machine takes for an answer of the steady provider, else nothing lives.
  const rest = { attemptTimeout: 10_000, firstTokenTimeout: 3000, maxWait: 2000, timeout };
  const route = (name: string, guard: string) => ({
    ...{ name, guard, modelPredicates: [{ matchType: "PRE", matchValue: name }], ...rest },
    upstreams: [{ provider: "qwen" }],
    fallbackConfig: { enabled: true, upstreams: [{ provider: "deepseek" }, { provider: STEADY }] },
  });
  const other = { name: "other", modelPredicates: [], upstreams: [{ provider: STEADY }] };
  return {
    routes: [route("open", "first-event"), route("held", "full"), other],
    config: {
      ...{ idleTimeout: 3000, stallTimeout: 6000 },
      providers: Object.entries(gateway.providers).map(([id, { url, tokens }]) => ({
        ...{ id, type: "openai", url, messagesUrl: url, providerBreaker: { openFor: 2000 } },
        // Another order: the first one is asked first where all weigh the same.
        apiTokens: tokens.map((_, i) => {
          const n = (i + first) % tokens.length;
          return { name: `t${n + 1}`, value: tokens[n]! };
        }),
      })),
    },
  };
}
