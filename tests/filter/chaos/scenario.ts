/** What may happen to a gateway, as plain data that fast-check can make, replay by a seed, and shrink. */
import fc from "fast-check";
import { MODES, type Mode } from "../fixture.js";

/** What a provider does with one attempt. */
export const FATES = {
  good: ["good", "compressed"],
  /** A token's fault: the next token, then the next provider. */
  token: [401, 402, 429],
  /** The request's own fault: returned as it is. */
  caller: [400, 413, 422],
  /** Neither: another provider in the end. */
  provider: [
    ...[302, 408, 500, 502, 503, 504, 529, 204],
    ...["refused", "connect-timeout", "tls", "reset", "empty", "html", "garbage", "error-inside"],
    ...["half-json", "cut-before", "only-done", "wrong-kind"],
  ],
  /** Nothing that counts comes: a time limit ends it. */
  slow: ["silence", "silent-after-headers", "comments"],
  /** Bytes may have gone to the client: it gets an error event or a broken transfer, or another hop. */
  late: ["cut", "stall", "no-end-mark", "late-error"],
} as const;

export type FateKind = (typeof FATES)[keyof typeof FATES][number];

export interface Fate {
  kind: FateKind;
  /** ms before the headers, and between the pieces of a body. */
  wait: number;
  pause: number;
  /** Where bodies are cut into pieces, each a share of the whole in percent. */
  splits: number[];
  /** Headers that would steer the router or the client. */
  evil: boolean;
  interim: boolean;
  trailers: boolean;
  endsWithLast: boolean;
  /** Words of a good answer. */
  words: number;
}

export type Shape =
  "plain" | "off" | "same-model" | "stateful" | "models" | "bad-json" | "too-large" | "no-body" | "other-api";

export interface CallStep {
  do: "call";
  worker: number;
  shape: Shape;
  stream: boolean;
  /** Bytes of padding in the prompt. */
  size: number;
  splits: number[];
  pause: number;
  tellsLength: boolean;
  endsWithLast: boolean;
  trailers: boolean;
  /** Its x-envoy-* are not removed at the edge. */
  trusted: boolean;
  leaveAfter: number | null;
  leaveOnContent: boolean;
  /** One for each attempt; what follows is good. */
  fates: Fate[];
}

export interface Settings {
  qwen: number;
  deepseek: number;
  guard: "none" | "first-event" | "full";
  /** Between the two stands a provider whose cluster Envoy does not have. */
  lost: boolean;
  /** ms; 0: none. */
  retryTimeout: number;
}

export type Step =
  | CallStep
  | { do: "pass"; ms: number }
  | { do: "leave"; which: number }
  | { do: "update" | "replace"; settings: Settings }
  | { do: "trap"; worker: number; callback: string }
  | { do: "hinder"; call: Hindrance; times: number }
  | { do: "tick"; worker: number }
  | { do: "stray"; worker: number; callback: string; id: number }
  | { do: "outage"; cluster: "qwen" | "deepseek"; ms: number }
  | { do: "wall-clock"; ms: number };

/** Host calls that a host may refuse, and how. */
export const HINDRANCES = {
  proxy_get_property: 1,
  proxy_get_shared_data: 1,
  proxy_set_shared_data: 8,
  proxy_set_property: 2,
  proxy_http_call: 10,
  proxy_get_metric: 2,
} as const;
export type Hindrance = keyof typeof HINDRANCES;

export interface Scenario {
  mode: Mode | "higress";
  /** Breakers are at work, whose knowledge outlives a configuration: then nothing is said of which hops are tried. */
  health: boolean;
  settings: Settings;
  steps: Step[];
}

/** Whether the router retries, so that no fault before the first byte is an answer of Envoy's own. */
export const hasRetries = ({ mode }: Scenario): boolean => mode === "retry" || mode === "hop";

const percent = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 4 });
const rarely = fc.integer({ min: 0, max: 9 }).map(n => n === 9);

/** Of one of these groups. */
const kindOf = (groups: (readonly FateKind[])[]) => fc.oneof(...groups.map(group => fc.constantFrom(...group)));

const fateOf = (groups: (readonly FateKind[])[]): fc.Arbitrary<Fate> =>
  fc.record({
    kind: kindOf(groups),
    wait: fc.constantFrom(0, 0, 1, 30, 400, 1400),
    pause: fc.constantFrom(0, 0, 1, 60, 200),
    splits: percent,
    evil: fc.boolean(),
    interim: rarely,
    trailers: rarely,
    endsWithLast: fc.boolean(),
    words: fc.constantFrom(1, 2, 5, 2000),
  });

const SHAPES: [Shape, number][] = [
  ["plain", 12],
  ["off", 1],
  ["same-model", 1],
  ["stateful", 1],
  ["models", 1],
  ["bad-json", 1],
  ["too-large", 1],
  ["no-body", 1],
  ["other-api", 1],
];

const call: fc.Arbitrary<CallStep> = fc.record({
  do: fc.constant("call" as const),
  worker: fc.integer({ min: 0, max: 1 }),
  shape: fc.oneof(...SHAPES.map(([value, weight]) => ({ arbitrary: fc.constant(value), weight }))),
  stream: fc.boolean(),
  size: fc.constantFrom(0, 10, 5_000, 60_000),
  splits: percent,
  pause: fc.constantFrom(0, 0, 20, 200),
  tellsLength: fc.boolean(),
  endsWithLast: fc.boolean(),
  trailers: rarely,
  trusted: rarely,
  leaveAfter: fc.option(fc.constantFrom(0, 1, 35, 100, 450, 2000, 6000), { freq: 4 }),
  leaveOnContent: rarely,
  // So many of the second kind that all may fail.
  fates: fc.oneof(
    fc.array(fateOf(Object.values(FATES)), { maxLength: 5 }),
    fc.array(fateOf([FATES.token]), { minLength: 6, maxLength: 9, size: "max" }),
    fc.array(fateOf([FATES.token, FATES.token, FATES.provider, FATES.provider, FATES.slow]), {
      minLength: 6,
      maxLength: 9,
      size: "max",
    }),
  ),
});

const settings: fc.Arbitrary<Settings> = fc.record({
  qwen: fc.integer({ min: 1, max: 3 }),
  deepseek: fc.integer({ min: 1, max: 2 }),
  guard: fc.constantFrom("none", "first-event", "full"),
  lost: fc.boolean(),
  retryTimeout: fc.constantFrom(0, 0, 700),
});

const STREAM_CALLBACKS = [
  "proxy_on_request_headers",
  "proxy_on_request_body",
  "proxy_on_response_headers",
  "proxy_on_response_body",
  "proxy_on_delete",
];
const worker = fc.integer({ min: 0, max: 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: call, weight: 12 },
  { arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 20, 55, 300, 2500) }), weight: 10 },
  { arbitrary: fc.record({ do: fc.constant("leave" as const), which: fc.nat(20) }), weight: 3 },
  { arbitrary: fc.record({ do: fc.constantFrom("update" as const, "replace" as const), settings }), weight: 1 },
  {
    arbitrary: fc.record({
      ...{ do: fc.constant("trap" as const), worker },
      callback: fc.constantFrom(...STREAM_CALLBACKS, "proxy_on_tick", "proxy_on_http_call_response"),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      do: fc.constant("hinder" as const),
      call: fc.constantFrom(...(Object.keys(HINDRANCES) as Hindrance[])),
      times: fc.integer({ min: 1, max: 4 }),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ do: fc.constant("tick" as const), worker }), weight: 2 },
  {
    arbitrary: fc.record({
      ...{ do: fc.constant("stray" as const), worker, id: fc.integer({ min: 1, max: 12 }) },
      callback: fc.constantFrom(...STREAM_CALLBACKS, "proxy_on_http_call_response"),
    }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      do: fc.constant("outage" as const),
      cluster: fc.constantFrom("qwen" as const, "deepseek" as const),
      ms: fc.constantFrom(1, 100, 1000),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({ do: fc.constant("wall-clock" as const), ms: fc.integer({ min: -9e9, max: 9e9 }) }),
    weight: 1,
  },
);

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  mode: fc.constantFrom(...MODES, "higress" as const),
  health: fc.boolean(),
  settings,
  steps: fc.array(step, { minLength: 5, maxLength: 40, size: "max" }),
});
