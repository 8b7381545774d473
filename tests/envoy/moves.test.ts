/** What `run` does with an edit that moves providers: the clusters of Envoy change, while requests are under way. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { Gateway } from "../../cli/run/gateway.js";
import { failures, letAsk, type Visit } from "./crowd.js";
import { freePorts, RUN_HOSTS, send, until } from "./running-gateway.js";

const CLIENTS = 32;
const EDITS = 12;

const directory = mkdtempSync(join(tmpdir(), "ai-failover-moves-"));
const file = join(directory, "my.yaml");
const tokenFile = join(directory, "token");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const NAMES = ["one", "two"] as const;
let places: DemoProvider[];
let head: string;

beforeEach(async () => {
  places = await Promise.all(
    NAMES.map(name => startDemoProvider({ name, tokens: [`${name}-a`, `${name}-b`], pace: 20, remember: 100_000 })),
  );
  const [listen, admin, status] = await freePorts(3);
  head = `listen: 127.0.0.1:${listen}\nadmin: 127.0.0.1:${admin}\nstatus: {listen: "127.0.0.1:${status}"}\n`;
});

const write = (id: string, place: number, token: string): void =>
  writeFileSync(
    file,
    `${head}providers: [{id: ${id}, type: openai, url: "${places[place]!.url}", models: ["m*"], apiTokens: [${token}]}]\n`,
  );

/** The n-th configuration. */
const MOVES: Record<string, (n: number) => void> = {
  "another provider": n => write(NAMES[n % 2]!, n % 2, `${NAMES[n % 2]}-a`),
  "the same provider at another place": n => write("main", n % 2, `${NAMES[n % 2]}-a`),
  "another token in its file": n => {
    writeFileSync(tokenFile, `one-${"ab"[n % 2]}\n`);
    write("one", 0, "{valueFile: token}");
  },
};

describe.each(RUN_HOSTS)("an edit under load, in $mode mode, on Envoy $version:", ({ version }) => {
  it.each(Object.keys(MOVES))("%s fails no request, cuts no stream, and takes no token elsewhere", async what => {
    const edit = MOVES[what]!;
    edit(0);
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const gateway = await Gateway.start({ config: file, concurrency: 2, envoyVersion: version, say, drain: 0 });
    const url = `http://127.0.0.1:${gateway.config.listen.port}`;
    const visits: Visit[] = [];
    let done = false;
    const body = (n: number) => ({ model: "m", stream: n % 2 === 1, messages: [] });
    // They keep their connections, so that some requests come by a listener that an edit has replaced.
    const ask = (body: object) => send(url, body);
    const crowd = letAsk({ ask }, { clients: CLIENTS, done: () => done, body, visits });
    for (let n = 1; n <= EDITS; n++) {
      const before = visits.length;
      await until(() => visits.length > before + CLIENTS);
      edit(n);
      expect(await gateway.reload()).toContain("is served");
    }
    done = true;
    await crowd;
    await gateway.stop();
    expect(failures(visits)).toEqual([]);
    expect(said).toEqual([]);
    for (const [i, { requests }] of places.entries())
      for (const { headers } of requests) expect(headers.authorization).toMatch(`Bearer ${NAMES[i]}-`);
    for (const place of places) await place.close();
  });
});
