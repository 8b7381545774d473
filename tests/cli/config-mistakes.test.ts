import { X509Certificate } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../cli/config/load-config.js";
import { ConfigError, pathText } from "../../cli/config/problem.js";
import { parseSource, readSource } from "../../cli/config/source.js";

const env = { KEY: "sk-secret-of-the-variable", SEVERAL: "sk-a,,sk-b", EMPTY: "" };

/** Every mistake as "line path: found -> allowed". */
function mistakesIn(text: string): string[] {
  try {
    resolveConfig(parseSource(text, "test.yaml", tmpdir()), env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(p => `${p.line} ${pathText(p.path)}: ${p.found} -> ${p.fix}`);
  }
  return [];
}

const provider = (fields: string, type = "qwen"): string => `providers: [{type: ${type}, apiTokens: [t], ${fields}}]`;
const route = (fields: string, more = ""): string =>
  `${provider("models: [m]")}\nroutes: [{name: r, upstreams: [{provider: qwen}], ${fields}}${more}]`;

/** What is written, where the mistake is, and what the line about it says. */
const table: [rule: string, text: string, path: string, says: string][] = [
  ["no provider", "providers: []", "providers", "no provider -> a list with at least one"],
  ["no providers at all", "listen: 127.0.0.1:80", "providers", "nothing -> this field is needed"],
  ["an empty file", "", "", "nothing -> an object with fields"],
  ["an unknown field", `${provider("")}\nidleTimout: 3`, "idleTimout", "an unknown field -> did you mean idleTimeout?"],
  ["an unknown type", provider("", "qwenn"), "providers[0].type", '"qwenn" -> '],
  ["an unknown type near a known one", provider("", "deepsek"), "providers[0].type", "(did you mean deepseek?)"],
  [
    "an id used twice",
    "providers: [{type: qwen, id: a, apiTokens: [t]}, {type: deepseek, id: a, apiTokens: [t]}]",
    "providers[1].id",
    '"a", which providers[0] has already',
  ],
  [
    "a type used twice without ids",
    "providers: [{type: qwen, apiTokens: [t], models: [a]}, {type: qwen, apiTokens: [t], models: [b]}]",
    "providers[1].id",
    "an id, because providers[0] is called qwen already",
  ],
  ["an id that is no name", provider("id: a b"), "providers[0].id", "a name: a letter"],
  ["no token", "providers: [{type: qwen}]", "providers[0].apiTokens", "no token"],
  ["an empty token", "providers: [{type: qwen, apiTokens: ['']}]", "providers[0].apiTokens[0]", "the token is empty"],
  [
    "an empty part of a variable",
    "providers: [{type: qwen, apiTokens: ['${SEVERAL}']}]",
    "providers[0].apiTokens[0]",
    "part 2 of ${SEVERAL} is empty",
  ],
  [
    "a control character in a token",
    'providers: [{type: qwen, apiTokens: ["a\\nb"]}]',
    "providers[0].apiTokens[0]",
    "a control character at position 2",
  ],
  [
    "a space in a token",
    "providers: [{type: qwen, apiTokens: [{value: a b}]}]",
    "providers[0].apiTokens[0].value",
    "a space at position 2",
  ],
  [
    "value beside valueFile",
    "providers: [{type: qwen, apiTokens: [{value: a, valueFile: b}]}]",
    "providers[0].apiTokens[0]",
    "value, or valueFile",
  ],
  [
    "a valueFile that is not there",
    "providers: [{type: qwen, apiTokens: [{valueFile: no/where}]}]",
    "providers[0].apiTokens[0].valueFile",
    "(ENOENT)",
  ],
  [
    "a token name used twice",
    "providers: [{type: qwen, apiTokens: [{name: a, value: x}, {name: a, value: y}]}]",
    "providers[0].apiTokens[1].name",
    '"a" once more',
  ],
  [
    "a variable that is not set",
    "providers: [{type: qwen, apiTokens: ['${NOWHERE}']}]",
    "providers[0].apiTokens[0]",
    "${NOWHERE}, which is not set -> set the environment variable NOWHERE",
  ],
  [
    "a variable that is empty",
    "providers: [{type: qwen, apiTokens: ['${EMPTY}']}]",
    "providers[0].apiTokens[0]",
    "${EMPTY}, which is empty",
  ],
  ["a variable without end", provider("url: 'http://${KEY'"), "providers[0].url", "begins no variable"],
  ["a URL that cannot be called", provider("url: htps://x"), "providers[0].url", "no URL that can be called"],
  ["a password in a URL", provider("url: https://a:b@x"), "providers[0].url", "a user or password in the URL"],
  [
    "a name of Higress's for the address",
    provider("openaiCustomUrl: https://x"),
    "providers[0].openaiCustomUrl",
    "a field of Higress -> url: scheme, host, port and base path",
  ],
  ["a caFile that cannot be read", provider("tls: {caFile: nowhere.pem}"), "providers[0].tls.caFile", "nowhere.pem"],
  [
    "a caFile of something else",
    provider(`tls: {caFile: '${resolve("package.json")}'}`),
    "providers[0].tls.caFile",
    "no certificate",
  ],
  [
    "tls for plain HTTP",
    provider("url: http://x, tls: {serverName: y}"),
    "providers[0].tls.serverName",
    "an https:// url",
  ],
  [
    "a duration without unit",
    provider("connectTimeout: soon"),
    "providers[0].connectTimeout",
    '"soon" -> a duration above 0',
  ],
  ["no time to connect", provider("connectTimeout: 0"), "providers[0].connectTimeout", "a duration above 0"],
  [
    "a duration of more than a day",
    provider("failover: {cooldownDuration: 25h}"),
    "providers[0].failover.cooldownDuration",
    'at most "24h"',
  ],
  ["an unknown choice", provider("tokenChoice: weighed"), "providers[0].tokenChoice", "(did you mean weighted?)"],
  [
    "a status that is none",
    provider("rules: [{status: 600, then: return}]"),
    "providers[0].rules[0].status",
    "a status like 429",
  ],
  [
    "a list that rules have replaced",
    provider("failover: {failoverOnStatus: [409]}"),
    "providers[0].failover.failoverOnStatus",
    "rules of the provider: { status: [409], then: next-token }",
  ],
  ["a star in the middle", provider('modelMapping: {"a*b": c}'), "providers[0].modelMapping.a*b", 'one "*" at the end'],
  [
    "a regular expression",
    provider('modelMapping: {"~a": c}'),
    "providers[0].modelMapping.~a",
    "no regular expression",
  ],
  [
    "an unknown provider in a route",
    route("", ", {name: s, upstreams: [{provider: qwem}]}"),
    "routes[1].upstreams[0].provider",
    '"qwem", which is no provider -> qwen (did you mean qwen?)',
  ],
  [
    "an unknown provider in a fallback",
    route("fallbackConfig: {upstreams: [{provider: x}]}"),
    "routes[0].fallbackConfig.upstreams[0].provider",
    '"x", which is no provider',
  ],
  [
    "a route name used twice",
    route("", ", {name: r, upstreams: [{provider: qwen}]}"),
    "routes[1].name",
    '"r" once more',
  ],
  [
    "only weights of 0",
    "providers: [{type: qwen, apiTokens: [t]}]\nroutes: [{name: r, upstreams: [{provider: qwen, weight: 0}]}]",
    "routes[0].upstreams",
    "at least one weight above 0",
  ],
  [
    "a first-token limit as long as the total",
    route("firstTokenTimeout: 10m"),
    "routes[0].firstTokenTimeout",
    '"10m" -> below timeout, which is 600s, the default',
  ],
  [
    "an attempt limit above the total",
    route("timeout: 90s, attemptTimeout: 120s"),
    "routes[0].attemptTimeout",
    '"120s" -> below timeout, which is "90s"',
  ],
  ["no total limit", route("timeout: 0"), "routes[0].timeout", "a duration above 0"],
  ["a budget above everything", route("retryBudget: 20"), "routes[0].retryBudget", "a share from 0 to 1"],
  [
    "the same prefix twice without routes",
    "providers: [{type: qwen, apiTokens: [t]}, {type: deepseek, models: ['qwen*'], apiTokens: [t]}]",
    "providers[1].models",
    '"qwen*", which qwen serves too',
  ],
  [
    "the same prefix in two routes",
    route(
      "modelPredicates: [{matchType: PRE, matchValue: m-}, {matchType: EQUAL, matchValue: m-}]",
      ", {name: s, upstreams: [{provider: qwen}], modelPredicates: [{matchType: PRE, matchValue: m-}]}",
    ),
    "routes[1].modelPredicates[0].matchValue",
    '"m-", which routes[0].modelPredicates[0] has already -> a prefix of its own',
  ],
  [
    "the same model twice in a route",
    route("modelPredicates: [{matchType: EQUAL, matchValue: m}, {matchType: EQUAL, matchValue: m}]"),
    "routes[0].modelPredicates[1].matchValue",
    '"m", which routes[0].modelPredicates[0] has already -> a model of its own',
  ],
  [
    "a listener on a name",
    `${provider("")}\nlisten: gateway:8080`,
    "listen",
    '"gateway:8080" -> an IP address or localhost',
  ],
  ["admin beyond loopback", `${provider("")}\nadmin: 0.0.0.0:9901`, "admin", "a loopback address"],
  [
    "a console without password beyond loopback",
    `${provider("")}\nconsole: {listen: "0.0.0.0:8001"}`,
    "console.listen",
    "console.password",
  ],
  ["one port for two listeners", `${provider("")}\nadmin: 127.0.0.1:8080`, "admin", "a port that listen does not use"],
  [
    "a client key that is soon guessed",
    `${provider("")}\nclientKeys: [{name: a, value: k}]`,
    "clientKeys[0].value",
    "at least 8",
  ],
  [
    "this gateway as a provider",
    `listen: 0.0.0.0:8090\n${provider("url: 'http://localhost:8090/v1'")}`,
    "providers[0].url",
    "this gateway itself",
  ],
  [
    "this gateway by its address",
    `listen: '[::1]:8090'\n${provider("url: 'http://[::1]:8090/v1'")}`,
    "providers[0].url",
    "this gateway itself",
  ],
  [
    "this gateway as the provider of one API",
    `listen: '127.0.0.1:8090'\n${provider("messagesUrl: 'http://[::ffff:127.0.0.1]:8090/v1'")}`,
    "providers[0].messagesUrl",
    "this gateway itself",
  ],
  ["an IPv6 address without brackets", `listen: '::1:8090'\n${provider("")}`, "listen", "[::1]:8080"],
  [
    "a variable that only JavaScript knows",
    "providers: [{type: qwen, apiTokens: ['${toString}']}]",
    "providers[0].apiTokens[0]",
    "set the environment variable toString",
  ],
  ["a client key without key", `${provider("")}\nclientKeys: [{name: a}]`, "clientKeys[0]", "value or sha256"],
  [
    "a client key with a bad digest",
    `${provider("")}\nclientKeys: [{name: a, sha256: abc}]`,
    "clientKeys[0].sha256",
    "64 hex digits",
  ],
  [
    "a request larger than all parked ones",
    `${provider("")}\nlimits: {requestBody: 1GiB, parkedBodies: 512MiB}`,
    "limits.requestBody",
    "at most parkedBodies",
  ],
  ["text that is no YAML", "providers: [", "", "valid YAML or JSON"],
  ["two documents", `${provider("")}\n---\na: 1\n`, "", "one document in a file"],
  ["an alias of nothing", "providers: *x", "", "aliases of anchors that end above them"],
  ["an alias within its own anchor", "providers: &x [*x]", "", "aliases of anchors that end above them"],
];

describe("a mistake is refused with its place, what was found and what is allowed", () => {
  it.each(table)("%s", (_rule, text, path, says) => {
    const mistakes = mistakesIn(text);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(` ${path}: `);
    expect(mistakes[0]).toContain(says);
  });

  it("escapes what would steer the terminal that shows it", () => {
    const text = `${provider("")}\n"\\e[2J\\u009b31m\\u202e": 1`;
    expect(() => resolveConfig(parseSource(text, "my.yaml", tmpdir()), env)).toThrow(
      "my.yaml:2:1  \\u001b[2J\\u009b31m\\u202e\n    found    an unknown field",
    );
  });

  it("points to the line and column of the field", () => {
    const file = join(mkdtempSync(join(tmpdir(), "check-")), "my.yaml");
    writeFileSync(file, "providers:\n  - type: qwen\n    apiTokens: [t]\n    conectTimeout: 3s\n");
    expect(() => resolveConfig(readSource(file), env)).toThrow(`${file}:4:5  providers[0].conectTimeout`);
  });

  it("does so in JSON as well", () => {
    const mistakes = mistakesIn('{\n  "providers": [\n    {"type": "qwen", "apiTokens": ["t"], "x": 1}\n  ]\n}');
    expect(mistakes[0]).toMatch(/^3 providers\[0\]\.x: an unknown field/);
  });

  it("names a file that is not there", () => {
    expect(() => readSource("/no/such/file.yaml")).toThrow(/no\/such\/file.yaml .*\n.*there is no such file/);
    expect(() => readSource("/")).toThrow("a directory");
  });
});

describe("a caFile", () => {
  const [good] = rootCertificates;
  const der = new X509Certificate(good!).raw;
  const damaged = good!.replace(/\n.*\n/, "\nAAAA\n");
  it.each<[string, string | Buffer, RegExp | undefined]>([
    ["of two authorities", `# one\n${good}\n# two\n${good}\n`, undefined],
    ["with a damaged one", `${good}\n${damaged}\n`, /whose certificate 2 is damaged/],
    ["that is no PEM, which Envoy does not read", der, /which holds no certificate/],
  ])("%s", (_, content, mistake) => {
    const file = join(mkdtempSync(join(tmpdir(), "ca-")), "ca.pem");
    writeFileSync(file, content);
    const found = mistakesIn(provider(`tls: {caFile: '${file}'}`));
    expect(found).toEqual(mistake === undefined ? [] : [expect.stringMatching(mistake)]);
  });
});

describe("all mistakes are shown at once", () => {
  const text = `
    admin: 0.0.0.0:1
    unknown: 1
    providers:
    - {type: qwenn, apiTokens: [t]}
    - {type: deepseek, apiTokens: ["\${NOWHERE}", ""], connectTimeout: soon, url: ftp://x}
    routes:
    - {name: a, upstreams: [{provider: nobody}], timeout: 1s, attemptTimeout: 1s}`;

  it("whether the shape or the meaning is wrong, in the order of the file", () => {
    expect(mistakesIn(text).map(line => line.split(": ")[0])).toEqual([
      "2 admin",
      "3 unknown",
      "5 providers[0].type",
      "6 providers[1].apiTokens[0]",
      "6 providers[1].apiTokens[1]",
      "6 providers[1].connectTimeout",
      "6 providers[1].url",
      "8 routes[0].upstreams[0].provider",
      "8 routes[0].attemptTimeout",
    ]);
  });
});

describe("a secret is never shown", () => {
  it.each([
    ["a token of the wrong type", "providers: [{type: qwen, apiTokens: sk-typed}]"],
    ["a token in a field that is unknown", "providers: [{type: qwen, apiTokens: [{value: t, key: sk-typed}]}]"],
    ["a token with a space", "providers: [{type: qwen, apiTokens: [sk-typed sk-typed]}]"],
    ["a client key without name", `${provider("")}\nclientKeys: [sk-typed]`],
    ["a token in place of a URL", provider("url: sk-typed")],
    ["a password in a URL", provider("url: https://u:sk-typed@x")],
    ["a variable in place of a choice", provider("tokenChoice: '${KEY}'")],
    ["a variable in place of an address", `${provider("")}\nlisten: '\${KEY}:80'`],
    ["a variable in place of an id", provider("id: '${KEY}{'")],
  ])("%s", (_rule, text) => {
    const mistakes = mistakesIn(text).join("\n");
    expect(mistakes).not.toBe("");
    expect(mistakes).not.toMatch(/sk-/);
  });
});
