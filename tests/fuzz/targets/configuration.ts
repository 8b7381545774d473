import { ConfigRoom } from "../../unit/config-room.js";
import { pluginConfig } from "../../filter/fixture.js";
import { target } from "../fuzz-target.js";
import { mutateJson } from "../json-mutation.js";
import { bytesIn, mutate, pick } from "../mutation.js";

const RULES = [{ status: "429,500-599", code: "a", contains: "b", then: "next-token", out: "token", for: "10m" }];
const CONFIGURATIONS = [
  pluginConfig({
    config: { clientKeys: ["sk-a"], cors: { allowOrigins: ["https://a.example"] }, limits: { requestBody: "1MiB" } },
    policy: { guard: "full", timeout: "60s", maxWait: "5s", rules: RULES },
    provider: {
      failover: { failureThreshold: 2 },
      forwardHeaders: ["x-a"],
      allowPaths: ["GET /v1/voices/*"],
      rules: RULES,
    },
  }),
  { role: "attempt" },
  {
    providers: [
      { id: "a", type: "qwen", apiTokens: ["t-1", "${T}"], modelMapping: { "gpt-*": "qwen-*", "*": "qwen-max" } },
      { id: "b", type: "claude", apiTokens: ["t-2"], failover: { enabled: true }, retryOnFailure: { enabled: true } },
    ],
    activeProviderId: "a",
    _rules_: [{ _match_route_: ["r"], activeProviderId: "b" }, { _match_service_: ["llm-a.internal.dns"] }],
  },
];
const NAMES = [
  ...["providers", "routes", "id", "type", "apiTokens", "url", "cluster", "models", "upstreams", "provider", "weight"],
  ...["fallbackConfig", "modelPredicates", "matchType", "matchValue", "modelMapping", "rules", "_rules_", "timeout"],
  ...[
    "activeProviderId",
    "_match_route_",
    "_match_domain_",
    "failover",
    "retryOnFailure",
    "clientKeys",
    "limits",
    "cors",
  ],
];
const PIECES = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "1e400",
  "\\u001b[31m",
  bytesIn("\u009b\u202e"),
  "\xff",
  "\0",
  '"role":"attempt",',
  "[".repeat(80),
];

// eslint-disable-next-line no-control-regex
const STEERING = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

export const configuration = target<string>({
  ...{ name: "configuration", share: 1 },
  generate(random) {
    const text = bytesIn(JSON.stringify(mutateJson(pick(CONFIGURATIONS, random), NAMES, random)));
    return random(3) === 0 ? mutate(text, PIECES, random) : text;
  },
  async start() {
    const room = await ConfigRoom.start();
    return {
      run(text) {
        const errors = room.mistakesIn(Buffer.from(text, "latin1"), "T=t-3");
        if (errors.some(error => !error.includes(": "))) throw new Error(`a mistake without its place: ${errors}`);
        if (errors.some(error => STEERING.test(error))) throw new Error(`a line that steers who shows it: ${errors}`);
      },
      get memory() {
        return room.memorySize;
      },
    };
  },
});
