import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { colourOf } from "../../cli/colour.js";
import { register as registerExplain } from "../../cli/commands/explain-command.js";
import { register as registerStatus } from "../../cli/commands/status-command.js";
import { register as registerToken } from "../../cli/commands/token-command.js";
import { explainText } from "../../cli/status/explain-text.js";
import { StatusClient } from "../../cli/status/status-client.js";
import { statusText } from "../../cli/status/status-text.js";
import { start } from "../filter/fixture.js";
import { chat, json, openAiError, type Envoy } from "../host/proxy-host.js";

/** The status listener of the module itself, on a host of ours, behind a real address. */
let envoy: Envoy;
let server: Server;
let address: string;
let printed: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", () => {
        const body = chunks.length > 0 ? Buffer.concat(chunks).toString() : undefined;
        const headers = { "content-type": "application/json", authorization: request.headers.authorization ?? "" };
        const call = envoy.askStatus({ method: request.method, path: request.url, headers, ...(body && { body }) });
        response.writeHead(call.status, call.headers).end(call.text);
      });
  });
  await new Promise<void>(done => void server.listen(0, "127.0.0.1", done));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const ask = { body: { model: "qwen-turbo", messages: [] } };
const badKey = json(401, openAiError("invalid_api_key", "Incorrect API key provided"));

beforeEach(() => {
  const clusters = { qwen: badKey, deepseek: chat("Hi") };
  envoy = start({ tokens: { qwen: 1, deepseek: 1 }, status: { version: "1.2.3" }, clusters });
  printed = "";
  vi.spyOn(console, "log").mockImplementation((text: string) => void (printed += `${text}\n`));
});
afterEach(() => vi.restoreAllMocks());

async function run(...args: string[]): Promise<string> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  for (const register of [registerStatus, registerExplain, registerToken]) register(program);
  printed = "";
  await program.parseAsync(["node", "ai-failover", ...args, "--address", address]);
  return printed;
}

/** A line's cells. */
const cellsOf = (text: string, name: string): string[] =>
  text
    .split("\n")
    .find(line => line.trim().startsWith(name))!
    .trim()
    .split(/\s{2,}/);

describe("status", () => {
  it("shows routes and who is out, aligned, in the provider's words", async () => {
    envoy.ask(ask);
    const text = await run("status");
    expect(text).toContain(`ai-failover 1.2.3  http://${address}`);
    expect(cellsOf(text, "all")).toEqual(
      "all * 0 1 0 0 0 0"
        .split(" ")
        .concat([expect.stringMatching(/^\d+ms$/) as string, "qwen > deepseek (deepseek-chat)"]),
    );
    const [name, state, cause, since, again, request, says] = cellsOf(text, "t1");
    expect([name, state, cause, says]).toEqual(["t1", "out", "credential", '"Incorrect API key provided"']);
    expect(since).toMatch(/^\d+m?s$/);
    expect(again).toMatch(/^(probe in )?\d+m?s$/);
    expect(request).toMatch(/^[0-9a-f]{16}-1$/);
    expect(text).toMatch(/LAST CHANGES[^\n]*\n\S+ ago\s+qwen\/t1\s+out\s+credential/);
    expect(text).not.toContain("\u001b");
    const lines = text.split("\n");
    const at = (word: string) => lines.find(line => line.includes(word))!.indexOf(word);
    expect(at("credential")).toBe(lines.find(line => line.startsWith("PROVIDER"))!.indexOf("CAUSE"));
  });

  it("prints with --json what the gateway answers", async () => {
    expect(JSON.parse(await run("status", "--json"))).toEqual(envoy.askStatus().json());
  });

  it("has colours on a terminal only", () => {
    envoy.ask(ask);
    const status = envoy.askStatus().json();
    const paint = (isTTY: boolean) => statusText(status, "url", colourOf({ isTTY }, {})).join("\n");
    expect(paint(true)).toContain("\u001b[31m");
    expect(paint(false)).not.toContain("\u001b");
  });

  it("says where no gateway answers, and that a password is needed", async () => {
    const clusters = { qwen: badKey, deepseek: chat("Hi") };
    await expect(new StatusClient("127.0.0.1:1").status()).rejects.toThrow(/^No gateway answers at http:/);
    envoy = start({ tokens: { qwen: 1 }, status: { password: "open-sesame" }, clusters });
    const askStatus = envoy.askStatus.bind(envoy);
    envoy.askStatus = more => askStatus({ ...more, source: "192.0.2.7:5000" });
    await expect(run("status")).rejects.toThrow(/the password is needed, in the variable AI_FAILOVER_PASSWORD/);
    vi.stubEnv("AI_FAILOVER_PASSWORD", "open-sesame");
    expect(await run("status")).toContain("PROVIDER");
    vi.unstubAllEnvs();
  });
});

describe("status, of a fleet", () => {
  const fleet = {
    ...{ name: "eu", gateway: "a".repeat(16), state: "in-step", why: "", sinceMs: 5000, heardMs: 300, unsigned: 0 },
    ...{ gateways: 3, seen: ["a", "b"].map((digit, i) => ({ gateway: digit.repeat(16), agoMs: 1000 * i })) },
  } as const;
  const textOf = (more: object, status = envoy.askStatus().json()) =>
    statusText({ ...status, fleets: [{ ...fleet, ...more }] }, "url", colourOf({ isTTY: false }, {}));

  it("says which gateways there are, and when each was seen", () => {
    expect(textOf({}).slice(2, 6)).toEqual([
      "fleet eu: in step, 3 gateways",
      `  this gateway is ${"a".repeat(16)}`,
      `  ${"b".repeat(16)} seen 1s ago`,
      "  and 1 more",
    ]);
  });

  it("says what is wrong with the store, and since when it has said nothing", () => {
    const [, , alone] = textOf({ state: "alone", why: "cannot be reached", heardMs: 65_000 });
    expect(alone).toBe("fleet eu: alone for 5s: the store cannot be reached, heard 1m 5s ago");
    const [, , joining] = textOf({ state: "joining", why: "has not answered yet", heardMs: -1 });
    expect(joining).toBe("fleet eu: joining for 5s: the store has not answered yet");
    expect(textOf({ unsigned: 2 }).join("\n")).toContain("2 entries are not signed with this fleet.secret");
  });

  it("says from whom it learnt who is out", () => {
    envoy.ask(ask);
    const status = envoy.askStatus().json();
    status.sites[0].providers[0].tokens[0].breaker.learntFrom = "b".repeat(16);
    const lines = textOf({}, status);
    expect(cellsOf(lines.join("\n"), "t1")).toContain(`gateway ${"b".repeat(16)}`);
    expect(lines.find(line => line.startsWith("PROVIDER"))).toContain("REQUEST");
  });
});

describe("token", () => {
  it("takes a token out for a time, brings it back and has it tried, as the user of this machine", async () => {
    expect(await run("token", "out", "qwen/t1", "--for", "10m")).toBe("qwen/t1 was taken out for 10m\n");
    expect(cellsOf(await run("status"), "t1")).toContain("taken-out");
    expect(envoy.askStatus().json().history[0].by).toBe(userInfo().username);
    expect(await run("token", "back", "qwen/t1", "--by", "alice")).toBe("qwen/t1 was brought back\n");
    expect(envoy.askStatus().json().history[0].by).toBe("alice");
    await expect(run("token", "try", "qwen/t1")).rejects.toThrow(/not out: there is nothing to try/);
    envoy.ask(ask);
    expect(await run("token", "try", "qwen/t1")).toBe("qwen/t1 is tried now\n");
  });

  it("takes a whole provider out, and says what there is not", async () => {
    expect(await run("token", "out", "qwen")).toBe("qwen was taken out\n");
    await expect(run("token", "out", "nobody")).rejects.toThrow(/No provider has this id/);
    await expect(run("token", "out", "qwen/t9")).rejects.toThrow(/no token of this name/);
    await expect(run("token", "stop", "qwen")).rejects.toThrow();
  });
});

describe("explain", () => {
  it("shows where a request goes, each hop with its state, and what would be sent", async () => {
    envoy.ask(ask);
    const text = await run("explain", "--model", "qwen-turbo", "--header", "X-Team: blue");
    expect(text).toContain('"qwen-turbo" goes to deepseek/t1 as "deepseek-chat", by the route all.');
    const first = text.split("\n").find(line => line.startsWith("1 "))!;
    expect(first.split(/\s{2,}/).slice(0, 5)).toEqual(["1", "qwen", "qwen-turbo", "out", "skipped"]);
    expect(text).toContain('token: credential "Incorrect API key provided"');
    expect(text).toMatch(/SENDS TO\s+deepseek\.test\/v1\/chat\/completions/);
    expect(text).toMatch(/SETS[^\n]*authorization/);
    expect(text).toMatch(/(PASSES|DROPS)[^\n]*x-team/);
    expect(text).not.toMatch(/blue|deepseek-1/);
    expect(text).not.toContain("\u001b");
  });

  it("takes a whole body from a file, and shows the refusal as the client would read it", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "explain-")), "request.json");
    writeFileSync(file, '{"model": ');
    const text = await run("explain", "--body", file, "--path", "/v1/responses");
    expect(text).toContain("A request to /v1/responses is refused: HTTP 400 invalid_body.");
    expect(text).toContain("it ends too early");
    writeFileSync(file, JSON.stringify({ model: "m", previous_response_id: "r" }));
    expect(await run("explain", "--body", file, "--path", "/v1/responses")).toContain(
      "It is sent once and never again.",
    );
  });

  it("goes by another file with --config, on this machine only", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "explain-")), "edited.yaml");
    writeFileSync(
      file,
      "providers:\n  - {id: other, type: openai, apiTokens: [{name: new, value: '${SOME_NEW_TOKEN}'}]}\n" +
        "routes:\n  - {name: edited, upstreams: [{provider: other}]}\n",
    );
    const text = await run("explain", "--model", "m", "--config", file);
    expect(text).toContain('"m" goes to other/new as "m", by the route edited.');
    expect(text).toContain("By a configuration that does not run.");
    expect(text).toContain("The gateway does not have: SOME_NEW_TOKEN.");
    const program = new Command().exitOverride();
    registerExplain(program);
    const far = ["node", "x", "explain", "--model", "m", "--config", file, "--address", "192.0.2.1:8002"];
    await expect(program.parseAsync(far)).rejects.toThrow(/on this machine/);
  });

  it("prints with --json what the gateway answers, has colours on a terminal only, and refuses what is no header", async () => {
    const told = JSON.parse(await run("explain", "--model", "qwen-turbo", "--json"));
    expect(told).toMatchObject({ version: 1, outcome: "sent", hops: [{ provider: "qwen" }, { provider: "deepseek" }] });
    expect(explainText(told, "url", colourOf({ isTTY: true }, {})).join("\n")).toContain("\u001b[32m");
    await expect(run("explain", "--model", "m", "--header", "nothing")).rejects.toThrow(/name: value/);
    await expect(run("explain", "--model", "m", "--body", "f")).rejects.toThrow(/cannot be used with/);
  });
});
