import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RequestLog } from "../../cli/run/request-log-file.js";
import { StatusClient } from "../../cli/status/status-client.js";
import type { Status } from "../../cli/status/status-types.js";
import { HOSTS, freePorts, startGateway, type Gateway } from "./running-gateway.js";

const SECRETS = ["sk-one-aaaaaaaaaaaa", "sk-two-cccccccccccc", "sk-client-0123456789", "open-sesame-987"];
const PROMPT = "a prompt that nobody shows";

describe.each(HOSTS)("the state of a gateway in $mode mode, on Envoy $version", ({ mode, version }) => {
  let gateway: Gateway;
  let client: StatusClient;
  let address: string;
  const routes = [
    {
      ...{ name: "chat", modelPredicates: [], upstreams: [{ provider: "one" }] },
      fallbackConfig: { upstreams: [{ provider: "two" }] },
    },
  ];
  const config = (more: object = {}) => ({
    status: { listen: address, password: "${PASSWORD}" },
    clientKeys: [{ name: "tests", value: "${CLIENT}" }],
    requestLog: { path: "requests.jsonl" },
    ...more,
  });

  beforeAll(async () => {
    const [port] = await freePorts(1);
    address = `127.0.0.1:${port}`;
    client = new StatusClient(address, {});
    gateway = await startGateway({
      ...{ mode, version },
      env: { ONE: SECRETS[0]!, TWO: SECRETS[1]!, CLIENT: SECRETS[2]!, PASSWORD: SECRETS[3]! },
      providers: {
        one: { tokens: [SECRETS[0]!], config: { apiTokens: [{ name: "main", value: "${ONE}" }] } },
        two: { tokens: [SECRETS[1]!], config: { apiTokens: [{ name: "spare", value: "${TWO}" }] } },
      },
      routes,
      config: config(),
    });
  });
  afterAll(() => gateway?.stop());

  const ask = () =>
    gateway.ask(
      { model: "m", messages: [{ role: "user", content: PROMPT }] },
      { headers: { authorization: `Bearer ${SECRETS[2]}` } },
    );
  const tokenOf = ({ sites }: Status, id: string) =>
    sites[0]!.providers.find(provider => provider.id === id)!.tokens[0]!;
  const records = () => {
    const lines = readFileSync(join(gateway.directory, "requests.jsonl"), "utf8").trim().split("\n");
    return lines.map(line => JSON.parse(line) as { id: string; outcome: string; client: string; attempts: object[] });
  };

  it("tells every worker's failures, takes orders for all of them, and records each request", async () => {
    await gateway.providers["one"]!.set("*", "401");
    for (let i = 0; i < 6; i++) expect((await ask()).status).toBe(200);
    const status = await client.status();
    expect(status.gateway.envoy).toBe(version);
    expect(status.sites).toHaveLength(1);
    expect(tokenOf(status, "one")).toMatchObject({ name: "main", state: "out", breaker: { cause: "credential" } });
    expect(tokenOf(status, "two").state).toBe("live");

    expect(await client.order({ do: "take-out", provider: "two", token: "spare", for: "10m", by: "a test" })).toBe(
      "two/spare was taken out for 10m",
    );
    for (let i = 0; i < 4; i++) expect((await ask()).status).toBe(503);
    expect((await client.status()).history[0]).toMatchObject({ token: "spare", state: "taken-out", by: "a test" });
    // Over a reload, in which both configurations run in one VM for a while.
    await gateway.apply({ routes, config: config({ idleTimeout: "20s" }) });
    for (let i = 0; i < 4; i++) {
      const reloaded = await client.status();
      expect(reloaded.sites).toHaveLength(1);
      expect(tokenOf(reloaded, "two")).toMatchObject({ state: "taken-out", breaker: { by: "a test" } });
      expect(tokenOf(reloaded, "one").breaker!.request).toBe(tokenOf(status, "one").breaker!.request);
    }
    expect((await ask()).status).toBe(503);
    await client.order({ do: "bring-back", provider: "two", token: "spare" });
    await gateway.providers["one"]!.reset();
    await client.order({ do: "bring-back", provider: "one", token: "main" });
    expect((await ask()).status).toBe(200);

    // The log is flushed within ten seconds, or when it has 64 KiB.
    await expect.poll(() => records().length, { timeout: 15_000 }).toBe(12);
    const tripper = records().find(({ id }) => id === tokenOf(status, "one").breaker!.request)!;
    expect(tripper).toMatchObject({
      outcome: "rescued",
      client: "tests",
      attempts: [{ status: 401 }, { status: 200 }],
    });
    // On a slow machine one of them may have had the forced attempt of a second.
    expect(records().filter(({ outcome }) => ["refused", "failed"].includes(outcome))).toHaveLength(5);
    expect(new Set(records().map(({ id }) => id)).size).toBe(12);
  });

  it("shows no token, key, password or prompt in anything that it serves or writes", async () => {
    const served = await Promise.all(
      [`${client.url}/status`, `${client.url}/metrics`, `${gateway.admin}/config_dump`, `${gateway.admin}/stats`].map(
        async url => (await fetch(url)).text(),
      ),
    );
    const headers = { authorization: `Bearer ${SECRETS[2]}`, "x-api-key": SECRETS[0]! };
    const body = { model: "m", messages: [{ role: "user", content: PROMPT }] };
    const told = await client.explain({ body, headers, path: `/v1/chat/completions?api_key=${SECRETS[1]}` });
    expect(told).toMatchObject({ outcome: "sent", sent: { provider: "one", token: "main" } });
    served.push(JSON.stringify(told));
    const written = readdirSync(gateway.directory).map(name => readFileSync(join(gateway.directory, name), "utf8"));
    for (const text of [...served, ...written])
      for (const secret of [...SECRETS, PROMPT]) expect(text.includes(secret), secret).toBe(false);
  });

  it("goes on in a new file of records when the old one has grown, and loses none", async () => {
    const path = join(gateway.directory, "requests.jsonl");
    const before = records().length;
    const log = new RequestLog({
      path: () => path,
      reopen: () => fetch(`${gateway.admin}/reopen_logs`, { method: "POST" }).then(() => {}),
      say: line => expect.fail(line),
      limit: 1,
    });
    await log.keepSmall();
    expect(readFileSync(`${path}.old`, "utf8").trim().split("\n")).toHaveLength(before);
    for (let i = 0; i < 3; i++) await ask();
    await expect.poll(() => existsSync(path) && records().length, { timeout: 15_000 }).toBe(3);
  });

  it("refuses pages of other origins and names that lead here", async () => {
    const status = async (headers: Record<string, string>) => (await fetch(`${client.url}/status`, { headers })).status;
    expect(await status({ origin: "http://evil.test" })).toBe(403);
    // An address that the client writes does not count.
    expect(await status({ "x-forwarded-for": "192.0.2.1" })).toBe(200);
    expect((await fetch(`${client.url}/nothing`)).status).toBe(404);
    expect((await fetch(`${client.url}/live`)).status).toBe(200);
  });
});
