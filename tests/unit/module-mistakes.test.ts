import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ConfigRoom } from "./config-room.js";

let room: ConfigRoom;
beforeAll(async () => {
  room = await ConfigRoom.start();
});

const env = { KEY: "sk-secret-of-the-variable", SEVERAL: "sk-a,,sk-b", EMPTY: "" };
const provider = (fields: object, type = "qwen") => ({ providers: [{ type, apiTokens: ["t"], ...fields }] });
const route = (fields: object) => ({
  ...provider({}),
  routes: [{ name: "r", upstreams: [{ provider: "qwen" }], ...fields }],
});

const PATHS = 'a path below the API, like "/v1/voices/*" or "DELETE /v1/files/*"';
const HEADERS = "the name of a header; none of a credential, of the connection or of this gateway";

/** What is written, and each line that it gets. */
const table: [rule: string, configuration: unknown, ...lines: string[]][] = [
  ["not an object", [], "configuration: a list of 0; an object with fields"],
  ["no provider", { providers: [] }, "providers: no provider; a list with at least one"],
  ["no providers at all", { idleTimeout: 1 }, "providers: no provider; a list with at least one"],
  ["an unknown field", { ...provider({}), idleTimout: 3 }, "idleTimout: an unknown field; did you mean idleTimeout?"],
  ["an unknown role", { role: "x" }, 'role: "x"; gateway, attempt, status'],
  ["another routing", { ...provider({}), routing: "x" }, 'routing: "x"; host, plan, listener'],
  [
    "an id used twice",
    {
      providers: [
        { type: "qwen", id: "a", apiTokens: ["t"], models: ["m"] },
        { type: "openai", id: "a", apiTokens: ["t"] },
      ],
    },
    'providers[1].id: "a", which providers[0] has already; an id of its own',
  ],
  [
    "a type used twice without ids",
    {
      providers: [
        { type: "qwen", apiTokens: ["t"], models: ["a"] },
        { type: "qwen", apiTokens: ["t"], models: ["b"] },
      ],
    },
    "providers[1].id: nothing; an id, because providers[0] is called qwen already",
  ],
  [
    "an id that is no name",
    provider({ id: "a b" }),
    `providers[0].id: "a b"; a name: a letter, then up to 63 letters, digits, '.', '_' or '-'`,
  ],
  ["no token", { providers: [{ type: "qwen" }] }, 'providers[0].apiTokens: no token; at least one, like "${NAME}"'],
  ["an empty token", provider({ apiTokens: [""] }), "providers[0].apiTokens[0]: the token is empty; a token"],
  [
    "an empty part of a variable",
    provider({ apiTokens: ["${SEVERAL}"] }),
    "providers[0].apiTokens[0]: part 2 of ${SEVERAL} is empty; a token",
  ],
  [
    "a variable that is not set",
    provider({ apiTokens: ["${MISSING}"] }),
    "providers[0].apiTokens[0]: ${MISSING}, which is not set; set the environment variable MISSING",
  ],
  [
    "a variable that is empty, outside of secrets",
    provider({ url: "https://${EMPTY}/v1" }),
    "providers[0].url: ${EMPTY}, which is empty; set the environment variable EMPTY",
  ],
  [
    "a brace that begins no variable",
    provider({ apiTokens: ["${1x}"] }),
    'providers[0].apiTokens[0]: a "${" that begins no variable; "${NAME}" of letters, digits and "_"; "$${" for "${"',
  ],
  [
    "a control character in a token",
    provider({ apiTokens: ["a\nb"] }),
    "providers[0].apiTokens[0]: the token holds a control character at position 2; visible ASCII characters, no spaces",
  ],
  [
    "paths that no request has, or too many",
    provider({
      allowPaths: [
        "*",
        "/",
        "/v1",
        "/v1*",
        "/voices*",
        "/a*/b",
        "/a/**",
        "voices",
        "/../x",
        "/%252e%252E/x",
        "/a?b",
        "/a b",
        "/a#b",
        "get /a",
        "GET  /a",
        "/ä",
        "TRACE /a",
        " /a",
      ],
    }),
    'providers[0].allowPaths[0]: "*"; ' + PATHS,
    'providers[0].allowPaths[1]: "/"; ' + PATHS,
    'providers[0].allowPaths[2]: "/v1"; ' + PATHS,
    'providers[0].allowPaths[3]: "/v1*"; ' + PATHS,
    'providers[0].allowPaths[4]: "/voices*"; ' + PATHS,
    'providers[0].allowPaths[5]: "/a*/b"; ' + PATHS,
    'providers[0].allowPaths[6]: "/a/**"; ' + PATHS,
    'providers[0].allowPaths[7]: "voices"; ' + PATHS,
    'providers[0].allowPaths[8]: "/../x"; ' + PATHS,
    'providers[0].allowPaths[9]: "/%252e%252E/x"; ' + PATHS,
    'providers[0].allowPaths[10]: "/a?b"; ' + PATHS,
    'providers[0].allowPaths[11]: "/a b"; ' + PATHS,
    'providers[0].allowPaths[12]: "/a#b"; ' + PATHS,
    'providers[0].allowPaths[13]: "get /a"; ' + PATHS,
    'providers[0].allowPaths[14]: "GET  /a"; ' + PATHS,
    'providers[0].allowPaths[15]: "/ä"; ' + PATHS,
    'providers[0].allowPaths[16]: "TRACE /a"; ' + PATHS,
    'providers[0].allowPaths[17]: " /a"; ' + PATHS,
  ],
  [
    "headers that a client may not send on",
    provider({
      forwardHeaders: ["Authorization", "X-Envoy-A", "cookie", ":path", "a b", "", "X-AI-Failover", "HTTP2-Settings"],
    }),
    ...["Authorization", "X-Envoy-A", "cookie", ":path", "a b", "", "X-AI-Failover", "HTTP2-Settings"].map(
      (name, i) => `providers[0].forwardHeaders[${i}]: "${name}"; ${HEADERS}`,
    ),
  ],
  [
    "a file of tokens",
    provider({ apiTokens: [{ valueFile: "/run/token" }] }),
    'providers[0].apiTokens[0].valueFile: a file, which the module cannot read; value, best "${NAME}"',
  ],
  [
    "a token of the wrong kind, and a name used twice",
    provider({ apiTokens: [7, { name: "a", value: "x" }, { name: "a", value: "y" }, { name: "b" }] }),
    "providers[0].apiTokens[0]: a value that is not shown; a token as text, or {name, value, models, priority, weight}",
    'providers[0].apiTokens[2].name: "a" once more; a name of its own',
    'providers[0].apiTokens[3]: no value; value, best "${NAME}"',
  ],
  [
    "a URL that is none",
    provider({ url: "sk-in-the-wrong-place" }),
    "providers[0].url: no URL that can be called; http:// or https://, host, base path",
  ],
  [
    "a password in a URL",
    provider({ url: "https://u:p@x.example/v1" }),
    "providers[0].url: a user or password in the URL; http:// or https://, host, base path",
  ],
  [
    "two names for one address",
    { provider: { type: "qwen", apiTokens: ["t"], url: "https://a.example/v1", qwenDomain: "b.example" } },
    "provider.qwenDomain: qwenDomain beside url; one of them: both say the address",
  ],
  [
    "Higress's names for an address in a configuration of ours",
    provider({ qwenDomain: "a.example", openaiCustomUrl: "https://a.example/v1", providerBasePath: "/x" }),
    ...["openaiCustomUrl", "qwenDomain", "providerBasePath"].map(
      field => `providers[0].${field}: a field of Higress; url: scheme, host, port and base path`,
    ),
  ],
  [
    "a type without an address",
    provider({}, "vllm"),
    "providers[0].url: nothing; type vllm has no address of its own: say it with url",
  ],
  [
    "messages on another host without a cluster",
    provider({ messagesUrl: "https://m.example/v1" }),
    "providers[0].messagesCluster: nothing; the cluster of messagesUrl, which has another host than url",
  ],
  [
    "a prefix that two providers serve",
    {
      providers: [
        { type: "qwen", apiTokens: ["t"] },
        { type: "openai", apiTokens: ["t"], models: ["qwen*"] },
      ],
    },
    'providers[1].models: "qwen*", which qwen serves too; other models, or routes that say who comes first',
  ],
  [
    "several providers and one without models",
    {
      providers: [
        { type: "qwen", apiTokens: ["t"] },
        { type: "groq", apiTokens: ["t"] },
      ],
    },
    'providers[1].models: no models and no routes; names or "prefix*" of what groq serves, or routes',
  ],
  [
    "a star in the middle",
    provider({ models: ["a*b"], modelMapping: { "x*y": "z", "~a": "b", "": "c", d: 5, e: "\u0007", f: "a\u009b" } }),
    'providers[0].modelMapping.x*y: the name "x*y"; an exact name, or one "*" at the end',
    'providers[0].modelMapping.~a: the name "~a"; an exact name or "prefix*"; no regular expression',
    "providers[0].modelMapping.d: 5; text",
    'providers[0].modelMapping.e: "\\u0007"; the name of a model',
    'providers[0].modelMapping.f: "a\\u009b"; the name of a model',
    'providers[0].models[0]: "a*b"; an exact name, or one "*" at the end',
  ],
  [
    "counts and durations out of range",
    provider({
      failover: { failureThreshold: 0, healthCheckInterval: "0s", cooldownDuration: "25h" },
      providerBreaker: { failureThreshold: 1.5, openFor: "5", maxOpenFor: -1 },
      retryOnFailure: { maxRetries: "3", retryTimeout: true },
    }),
    "providers[0].failover.failureThreshold: 0; a whole number from 1 to 1000000",
    'providers[0].failover.healthCheckInterval: "0s"; a duration above 0: milliseconds, or "250ms", "15s", "10m", at most "24h"',
    'providers[0].failover.cooldownDuration: "25h"; a duration: milliseconds, or "250ms", "15s", "10m", at most "24h"',
    'providers[0].retryOnFailure.maxRetries: "3"; a whole number from 0 to 1000000',
    'providers[0].retryOnFailure.retryTimeout: true; a duration: milliseconds, or "250ms", "15s", "10m", at most "24h"',
    "providers[0].providerBreaker.failureThreshold: 1.5; a whole number from 1 to 1000000",
    'providers[0].providerBreaker.openFor: "5"; a duration above 0: milliseconds, or "250ms", "15s", "10m", at most "24h"',
    'providers[0].providerBreaker.maxOpenFor: -1; a duration above 0: milliseconds, or "250ms", "15s", "10m", at most "24h"',
  ],
  [
    "a header that is none",
    provider({ stickyBy: "header:a b" }),
    'providers[0].stickyBy: "header:a b"; credential, user, or header:NAME',
  ],
  [
    "limits that do not fit",
    { ...provider({}), limits: { requestBody: "1GiB", parkedBodies: "512MiB", guard: "3GiB" } },
    'limits.requestBody: "1GiB"; at most parkedBodies',
    'limits.guard: "3GiB"; a size above 0: bytes, or "512KiB", "8MiB", at most "2GiB"',
  ],
  ["a route without a name", route({ name: null }), "routes[0].name: nothing; a name"],
  [
    "routes of one name",
    { ...provider({}), routes: [route({}).routes[0], route({}).routes[0]] },
    'routes[1].name: "r" once more; a name of its own',
  ],
  ["a route without upstreams", route({ upstreams: [] }), "routes[0].upstreams: no upstream; a list with at least one"],
  [
    "only weights of 0",
    route({ upstreams: [{ provider: "qwen", weight: 0 }] }),
    "routes[0].upstreams: only weights of 0; at least one weight above 0",
  ],
  [
    "more upstreams than a request can ask",
    route({
      upstreams: Array.from({ length: 60 }, () => ({ provider: "qwen" })),
      fallbackConfig: { upstreams: Array.from({ length: 5 }, () => ({ provider: "qwen" })) },
    }),
    "routes[0].upstreams: 65 upstreams with those of fallbackConfig; at most 64",
  ],
  [
    "an upstream that is no provider",
    route({ upstreams: [{ provider: "qwn" }, {}] }),
    'routes[0].upstreams[0].provider: "qwn", which is no provider; qwen (did you mean qwen?)',
    "routes[0].upstreams[1].provider: nothing; the id of a provider",
  ],
  [
    "a limit that leaves no time for another attempt",
    route({ timeout: "60s", attemptTimeout: "60s" }),
    'routes[0].attemptTimeout: "60s"; below timeout, which is "60s"',
  ],
  [
    "predicates that say too little",
    route({ modelPredicates: [{ matchType: "REGEX", matchValue: "a" }, { matchValue: "b" }, { matchType: "PRE" }] }),
    'routes[0].modelPredicates[0].matchType: "REGEX"; PRE, EQUAL',
    "routes[0].modelPredicates[1].matchType: nothing; EQUAL or PRE",
    "routes[0].modelPredicates[2].matchValue: nothing; the name of a model, or its beginning",
  ],
  [
    "a fallback that is not understood",
    route({
      fallbackConfig: { fallbackStrategy: "RAND", upstreams: {} },
    }),
    "routes[0].fallbackConfig.upstreams: an object; a list",
    "routes[0].fallbackConfig.fallbackStrategy: an unknown field; enabled, upstreams, alsoOn, responseCodes",
  ],
  [
    "lists that rules have replaced",
    route({ fallbackConfig: { responseCodes: [429], alsoOn: ["caller"] } }),
    "routes[0].fallbackConfig.alsoOn: a list that rules have replaced; rules: { cause: context-window, then: next-provider }",
    "routes[0].fallbackConfig.responseCodes: a list that rules have replaced; rules: { status: [400], then: next-provider } " +
      "and { status: [404], then: return }",
  ],
  [
    "rules that are not understood",
    {
      ...route({}),
      rules: [
        { status: [99, "6xx"], then: "next" },
        { then: "return" },
        { status: 400 },
        { code: "", out: "all", for: "1m" },
        { cause: "callers", then: "return", for: 5 },
        { status: 400, then: "return", message: "x" },
      ],
    },
    'rules[0].status[0]: 99; a status like 429, or a class of them like "5xx" or "5.*"',
    'rules[0].status[1]: "6xx"; a status like 429, or a class of them like "5xx" or "5.*"',
    'rules[0].then: "next"; next-token, next-provider, return',
    "rules[1]: a rule for every answer; at least one of status, code, contains, cause",
    "rules[2]: a rule that does nothing; then or out",
    'rules[3].code: ""; text',
    'rules[3].out: "all"; nobody, token, token-model, provider-model, provider',
    'rules[4].cause: "callers"; context-window, content-filter, caller (did you mean caller?)',
    "rules[4].for: a time without a thing that is out; out as well",
    "rules[5].message: an unknown field; status, code, contains, cause, then, out, for",
  ],
  ["a budget above all", route({ retryBudget: 2 }), "routes[0].retryBudget: 2; a share from 0 to 1, 0 for no budget"],
  [
    "client keys that are not whole",
    {
      ...provider({}),
      clientKeys: [
        { value: "sk-team-one" },
        { name: "a" },
        { name: "a", value: "k", sha256: "0" },
        { name: "b", sha256: "zz" },
        { name: "c", value: "1234567" },
      ],
    },
    "clientKeys[0].name: nothing; a name",
    "clientKeys[1]: neither value nor sha256; value or sha256",
    'clientKeys[2].name: "a" once more; a name of its own',
    "clientKeys[2]: value and sha256; value or sha256",
    "clientKeys[3].sha256: a value that is not shown; 64 hex digits",
    "clientKeys[4].value: a key that can be guessed; at least 8 characters",
  ],
  ["an empty text", " ", "line 1, column 2: the text ends too early; JSON: no comments, no comma at the end of a list"],
  [
    "text that is no JSON",
    '{"a": 1,\n  é}',
    "line 2, column 3: a character that does not belong here; JSON: no comments, no comma at the end of a list",
  ],
  [
    "a field that stands twice",
    '{"a": 1,\n "ä": 2, "\\u0061": 3}',
    "line 2, column 10: a field that stands here already; each field once",
  ],
  [
    "depth without end",
    "[".repeat(70) + "]".repeat(70),
    "line 1, column 65: lists and objects inside each other; at most 64 levels",
  ],
];

describe("a mistake in a configuration", () => {
  it.each(table)("is refused: %s", (_rule, configuration, ...lines) => {
    expect(room.errors(configuration, env)).toEqual(lines);
  });

  it("of an unknown type is refused with the types there are, and the nearest", () => {
    const [line] = room.errors(provider({}, "deepsek"));
    expect(line).toMatch(/^providers\[0\]\.type: "deepsek"; openai, qwen, .* \(did you mean deepseek\?\)$/);
  });

  it("does not hide the others", () => {
    const errors = room.errors({
      providers: [
        { type: "qwen", apiTokens: ["${A}"] },
        { type: "nothing" },
        { type: "openai", apiTokens: [""], models: 3 },
      ],
      routes: [{ upstreams: [{ provider: "x" }] }],
      idleTimeout: "soon",
    });
    expect(errors.map(line => line.split(": ")[0])).toEqual([
      "providers[0].apiTokens[0]",
      "providers[1].type",
      "providers[2].apiTokens[0]",
      "providers[2].models",
      "routes[0].name",
      "routes[0].upstreams[0].provider",
      "idleTimeout",
    ]);
  });

  it("is not told ten thousand times", () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`zzz-${i}`, i]));
    expect(room.errors({ ...provider({}), ...fields })).toHaveLength(101);
  });

  it("in bytes that are not UTF-8 is refused by its place", () => {
    const bytes = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    expect(room.parseBytes(bytes).errors).toEqual([
      "line 1, column 3: bytes that are not UTF-8; JSON: no comments, no comma at the end of a list",
    ]);
  });
});

describe("a secret", () => {
  const secret = fc.constantFrom("sk-TOPSECRET", "sk-TOP SECRET", "sk-TOP\nSECRET", "${sk-TOPSECRET");
  const misplaced = fc.oneof(
    secret,
    secret.map(value => ({ value })),
    secret.map(value => ({ [value]: value })),
    secret.map(value => ({ value: { value } })),
    secret.map(value => ({ value, sha256: value, valueFile: "f" })),
    secret.map(value => [value]),
    secret.map(value => ({ name: "n", weight: -1, value: [value] })),
  );

  it("never appears in an error or a warning, wherever below the tokens or keys it stands", () => {
    fc.assert(
      fc.property(fc.array(misplaced, { maxLength: 3 }), misplaced, fc.boolean(), (list, single, higress) => {
        const shapes = [list, single].flatMap(value => [
          { providers: [{ type: "qwen", apiTokens: value }] },
          { providers: [{ type: "qwen", apiTokens: ["t"] }], clientKeys: value },
        ]);
        for (const shape of shapes) {
          const { errors, plugin } = room.parse({ ...shape, ...(higress && { activeProviderId: "qwen" }) });
          expect((errors ?? plugin!.warnings).join("\n")).not.toMatch(/TOP/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("out of a variable never appears either", () => {
    const env = { KEY: "sk-TOP SECRET" };
    const errors = room.errors(
      { providers: [{ type: "${KEY}", url: "${KEY}", stickyBy: "${KEY}", apiTokens: ["${KEY}"] }] },
      env,
    );
    expect(errors.join("\n")).not.toMatch(/TOP/);
  });
});

describe("any bytes at all", () => {
  it("are refused or accepted, never a trap, and by the same rules as the platform's parser", () => {
    const seeds = [
      '{"providers":[{"type":"qwen","apiTokens":["t"],"modelMapping":{"a\\u0062":"\\ud83d\\ude00é"}}],"routes":[]}',
      '{"_rules_":[{"_match_route_":"a","activeProviderId":"q"}],"providers":[{"id":"q","type":"qwen","apiTokens":["t"]}]}',
    ].map(text => new TextEncoder().encode(text));
    const edit = fc.record({
      at: fc.nat(120),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:\\0e-.'))),
    });
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 }), (seed, edits) => {
        const bytes = Uint8Array.from(seed);
        for (const { at, byte } of edits) bytes[at % bytes.length] = byte;
        const { errors } = room.parseBytes(bytes);
        const isSyntax = (errors ?? []).some(line => line.startsWith("line ") && !line.includes("already"));
        expect(isSyntax).toBe(!isJson(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("any value in any place", () => {
  const own = {
    ...{ role: "gateway", routing: "plan", responseHeaders: "off", idleTimeout: "1s", limits: { guard: "1MiB" } },
    clientKeys: [{ name: "a", value: "sk-client" }],
    providers: [
      {
        ...{ id: "q", type: "qwen", url: "https://x.example/v1", messagesUrl: "https://x.example/v1", cluster: "c" },
        ...{
          apiTokens: ["t", { name: "n", value: "u", weight: 2 }],
          models: ["a", "b*"],
          modelMapping: { a: "b", "*": "" },
        },
        ...{ tokenChoice: "sticky", stickyBy: "header:x", providerBreaker: { openFor: 5 } },
        rules: [{ status: ["4xx", 500], code: "a", contains: "b", then: "next-token", out: "token", for: "1m" }],
      },
    ],
    routes: [
      {
        ...{ name: "r", modelPredicates: [{ matchType: "PRE", matchValue: "a" }], retryBudget: 0.5, timeout: "5m" },
        upstreams: [{ provider: "q", weight: 1, modelMapping: { a: "c" } }],
        fallbackConfig: { upstreams: [{ provider: "q" }] },
      },
    ],
  };
  const azure = { id: "z", type: "azure", apiTokens: "t", azureServiceUrl: "https://a.example?api-version=1" };
  const higress = {
    ...{ _plugin_id_: "p", activeProviderId: "z", fallbackConfig: { upstreams: [{ provider: "z" }] } },
    providers: [azure, { id: "o", type: "ollama", ollamaServerHost: "h", ollamaServerPort: 1 }],
    _rules_: [
      { _match_route_: ["a"], _match_domain_: "b", activeProviderId: "o" },
      {
        _match_service_: ["c"],
        _match_route_prefix_: ["d"],
        provider: { type: "claude", claudeVersion: "v", apiTokens: ["t"] },
      },
    ],
  };

  /** The value with what stands at the nth place replaced. */
  function replaced(value: unknown, place: { left: number }, by: unknown): unknown {
    if (place.left-- === 0) return by;
    if (Array.isArray(value)) return value.map(item => replaced(item, place, by));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, place, by)]));
  }

  it("is refused or accepted, never a trap", () => {
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        "",
        "*",
        "~",
        "|",
        "${",
        "$${",
        "http://",
        "https://[",
        "http://a:",
        "http://a?",
        "header:",
        ".*",
        1e300,
        -0.5,
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom<object>(own, higress), fc.nat(75), odd, (configuration, left, by) => {
        const { errors, plugin } = room.parse(replaced(configuration, { left }, by));
        for (const line of errors ?? []) expect(line).toMatch(/^[^\n]+: [^\n]+; [^\n]+$/);
        expect(errors?.length ?? plugin).toBeTruthy();
      }),
      { numRuns: 3000 },
    );
  });

  it("what would steer who shows a line, or begin another one, is escaped in it", () => {
    const names = ["a\n\u001b[2J\u009b31m", "b\u0085", "\u2028\u202e"];
    const lines = room.errors({ ...own, ...Object.fromEntries(names.map(name => [name, 1])), role: "x\u009b" });
    expect(lines.map(line => line.split(": ")[0])).toEqual([
      "role",
      ...['"a\\u000a\\u001b[2J\\u009b31m"', "b\\u0085", "\\u2028\\u202e"],
    ]);
    expect(lines[0]).toContain('"x\\u009b"');
  });

  it("and both are accepted as they are", () => {
    expect([room.errors(own), room.errors(higress)]).toEqual([[], []]);
  });
});

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
