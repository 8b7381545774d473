import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConsoleHost } from "../../cli/console/console-host.js";
import { startConsole, type RunningConsole } from "../../cli/console/console-server.js";
import type { ConsoleState, FreshRequests, Review, Timeline } from "../../cli/console/console-types.js";
import type { RequestRecord } from "../../cli/console/request-record.js";
import { resolveConfig } from "../../cli/config/load-config.js";
import { ConfigError, pathText } from "../../cli/config/problem.js";
import { parseSource } from "../../cli/config/source.js";

const SECRET = "sk-a-secret-that-was-typed";
const TEXT = `# mine
status: {enabled: false}
providers:
  - type: qwen
    apiTokens: ["\${KEY}", {name: typed, value: ${SECRET}}]
routes:
  - name: all
    upstreams: [{provider: qwen}]
`;
const env = { KEY: "sk-from-a-variable" };

let directory: string;
let file: string;
let served: number;
let said: string[];
/** How often the state was read. */
let asked: number;
let running: RunningConsole;
let requests: RequestRecord[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "console-"));
  file = join(directory, "my.yaml");
  writeFileSync(file, TEXT, { mode: 0o640 });
  served = 0;
  said = [];
  requests = [];
  asked = 0;
  running = await open({});
});
afterEach(async () => {
  await running.close();
  rmSync(directory, { recursive: true });
});

const load = (text: string) => resolveConfig(parseSource(text, file, directory), { ...env, SEVERAL: "sk-a,sk-b" });

const open = (options: { password?: string; hosts?: string[]; env?: Record<string, string> }) =>
  startConsole(hostOf(options.env), {
    listen: { host: "127.0.0.1", port: 0 },
    hosts: options.hosts ?? [],
    password: options.password,
    say: line => said.push(line),
  });

function hostOf(own: Record<string, string> = env): ConsoleHost {
  return {
    file,
    config: load(TEXT),
    env: own,
    describe: () => (
      asked++,
      {
        version: "1",
        envoy: "1.40.0",
        workers: 2,
        address: "http://localhost:8080",
        isUp: true,
        reason: "",
        isDemo: false,
      }
    ),
    preview(text) {
      try {
        load(text);
        return Promise.resolve({ mistakes: [], warnings: [], restart: [] });
      } catch (error) {
        const problems = (error as ConfigError).problems;
        const mistakes = problems.map(({ path, found, fix }) => ({ path: pathText(path), found, allowed: fix }));
        return Promise.resolve({ mistakes, warnings: [], restart: [] });
      }
    },
    candidate: text => Promise.resolve(load(text)),
    reload: () => Promise.resolve(`served ${++served}`),
    records: {
      read: () => (asked++, requests),
      since: seen => (asked++, { records: requests.slice(seen), count: requests.length }),
    },
    demos: () => [],
    setDemo: () => Promise.resolve(),
    resetDemos: () => Promise.resolve(),
  };
}

interface Answer {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
}

/** As a browser on the console's own page would, but for the headers given. */
function call(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const { host, port } = new URL(running.url);
  return new Promise((done, fail) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const own = body === undefined ? {} : { origin: running.url, "content-type": "application/json" };
    const sent = request({
      host: "127.0.0.1",
      port,
      path,
      method: body === undefined ? "GET" : "POST",
      headers: { host, ...own, ...headers },
    });
    sent.once("error", fail).once("response", response => {
      let answer = "";
      response.on("data", chunk => (answer += String(chunk)));
      response.once("end", () => done({ status: response.statusCode!, body: answer, headers: response.headers }));
    });
    sent.end(text);
  });
}

const state = async (): Promise<ConsoleState> => JSON.parse((await call("/api/state")).body) as ConsoleState;
const turnOn = { op: "set", path: ["routes", 0, "timeout"], value: "5m" };

describe("pages of other origins", () => {
  it.each([
    ["a foreign name for this address", { host: "evil.example" }, 421],
    ["another port", { host: "localhost:1" }, 421],
    ["a foreign origin", { origin: "http://evil.example" }, 403],
    ["an origin that hides", { origin: "null" }, 403],
    ["another site's fetch", { "sec-fetch-site": "cross-site" }, 403],
    ["another port's page", { "sec-fetch-site": "same-site" }, 403],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["text that needs no preflight", { "content-type": "text/plain" }, 415],
  ])("cannot change anything: %s", async (_, headers, status) => {
    const { version } = (await state()).file;
    expect(await call("/api/apply", { version, edits: [turnOn] }, headers)).toMatchObject({ status });
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  });

  it("cannot read anything, nor frame the page", async () => {
    expect(await call("/api/state", undefined, { host: "evil.example" })).toMatchObject({ status: 421 });
    expect(await call("/api/state", undefined, { "sec-fetch-site": "cross-site" })).toMatchObject({ status: 403 });
    const { headers } = await call("/");
    expect(headers["content-security-policy"]).toMatch(/frame-ancestors 'none'/);
    expect(headers["content-security-policy"]).not.toMatch(/unsafe/);
  });

  it("a name of console.hosts is ours", async () => {
    await running.close();
    running = await open({ hosts: ["console.example.com"] });
    expect(await call("/api/state", undefined, { host: "console.example.com" })).toMatchObject({ status: 200 });
    expect(await call("/api/state", undefined, { host: "other.example.com" })).toMatchObject({ status: 421 });
  });
});

describe("a password", () => {
  beforeEach(async () => {
    await running.close();
    running = await open({ password: "right" });
  });

  it("stands before all that is read or changed, and its session is out of scripts' reach", async () => {
    expect(await call("/api/state")).toMatchObject({ status: 401 });
    expect(await call("/api/events")).toMatchObject({ status: 401 });
    const { headers } = await call("/api/login", { password: "right" });
    const [cookie] = headers["set-cookie"] as string[];
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const session = { cookie: cookie!.split(";")[0]! };
    expect(await call("/api/state", undefined, session)).toMatchObject({ status: 200 });
    await call("/api/logout", {}, session);
    expect(await call("/api/state", undefined, session)).toMatchObject({ status: 401 });
  });

  it("is not guessed by trying", async () => {
    for (let left = 4; left > 0; left--) {
      const { status, body } = await call("/api/login", { password: "wrong" });
      expect([status, (JSON.parse(body) as { triesLeft: number }).triesLeft]).toEqual([403, left]);
    }
    expect(await call("/api/login", { password: "wrong" })).toMatchObject({ status: 429 });
    expect(await call("/api/login", { password: "right" })).toMatchObject({ status: 429 });
  });
});

describe("a change", () => {
  it("is shown as a diff, applied, told, and undone with the very same bytes", async () => {
    const { version } = (await state()).file;
    const { diff } = JSON.parse((await call("/api/review", { version, edits: [turnOn] })).body) as Review;
    expect(diff.filter(({ kind }) => kind !== "same").map(({ text }) => text)).toEqual(["    timeout: 5m"]);
    expect(await call("/api/apply", { version, edits: [turnOn] })).toMatchObject({ status: 200 });
    expect(readFileSync(file, "utf8")).toContain("# mine");
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect((await state()).file.canUndo).toBe(true);
    await call("/api/undo", {});
    expect(readFileSync(file, "utf8")).toBe(TEXT);
    expect(served).toBe(2);
    expect(said.join("\n")).toMatch(/was saved \(1 lines added, 0 removed\)/);
  });

  it("with a mistake is refused with its place, and nothing is saved", async () => {
    const { version } = (await state()).file;
    const wrong = { op: "set", path: ["routes", 0, "timeout"], value: "5x" };
    const { status, body } = await call("/api/apply", { version, edits: [wrong] });
    expect(status).toBe(422);
    expect((JSON.parse(body) as { review: Review }).review.mistakes).toMatchObject([{ path: "routes[0].timeout" }]);
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  });

  it("on a text that somebody else has replaced is told so, and theirs stays", async () => {
    const { version } = (await state()).file;
    writeFileSync(file, `${TEXT}# theirs\n`);
    expect(await call("/api/apply", { version, edits: [turnOn] })).toMatchObject({ status: 409 });
    expect(readFileSync(file, "utf8")).toContain("# theirs");
  });

  it("does not send saved tokens to another host", async () => {
    const { version } = (await state()).file;
    const moved = { op: "set", path: ["providers", 0, "url"], value: "https://elsewhere.example/v1" };
    const { status, body } = await call("/api/apply", { version, edits: [moved] });
    expect(status).toBe(422);
    expect((JSON.parse(body) as { review: Review }).review.reenter).toEqual(["qwen"]);
  });

  it("of a file in a place that cannot be written is refused, and the pages know", async () => {
    if (process.getuid?.() === 0) return; // root may write everywhere
    chmodSync(directory, 0o500);
    expect((await state()).file.isReadOnly).toBe(true);
  });
});

describe("tokens", () => {
  it("go to a file of their own, for its owner only, and never come back", async () => {
    const { version } = (await state()).file;
    const tokens = [{ provider: "qwen", tokens: [{ value: "sk-new-1" }, { name: "team", value: "sk-new-2" }] }];
    const { status, body } = await call("/api/apply", { version, edits: [], tokens });
    expect(status).toBe(200);
    expect(readFileSync(file, "utf8")).toContain("valueFile: secrets/qwen-1");
    expect(readFileSync(join(directory, "secrets/qwen-1"), "utf8")).toBe("sk-new-1\n");
    expect(readFileSync(join(directory, "secrets/qwen-team"), "utf8")).toBe("sk-new-2\n");
    expect(statSync(join(directory, "secrets/qwen-1")).mode & 0o777).toBe(0o600);
    const all = body + (await call("/api/state")).body + said.join("\n");
    for (const secret of ["sk-new-1", "sk-new-2", SECRET, env.KEY]) expect(all).not.toContain(secret);
  });

  it("that are typed in the file are in no diff", async () => {
    const { version } = (await state()).file;
    const edits = [{ op: "set", path: ["providers", 0, "apiTokens", 1, "name"], value: "other" }];
    const { body } = await call("/api/review", { version, edits });
    expect(body).toContain("name: other");
    expect(body).not.toContain(SECRET);
  });

  it("replace one another, and a saved file is never overwritten", async () => {
    for (const value of ["sk-first", "sk-second"]) {
      const { version } = (await state()).file;
      const tokens = [{ provider: "qwen", tokens: [{ name: "typed", value }], replaces: "typed" }];
      expect(await call("/api/apply", { version, edits: [], tokens })).toMatchObject({ status: 200 });
    }
    expect(readFileSync(file, "utf8")).toMatch(/valueFile: secrets\/qwen-typed\.2/);
    expect(readFileSync(join(directory, "secrets/qwen-typed"), "utf8")).toBe("sk-first\n");
  });
});

describe("several tokens in one place", () => {
  const shared = "sk-one-11111111\n# kept\n\n  sk-two-22222222\nsk-three-3333333\n";
  const source = `providers:
  - type: qwen
    apiTokens: [{name: team, valueFile: shared}, {name: last, value: sk-last}]
  - type: deepseek
    apiTokens: ["\${SEVERAL}"]
routes: [{name: all, upstreams: [{provider: qwen}]}]
status: {enabled: false}
`;
  beforeEach(async () => {
    writeFileSync(join(directory, "shared"), shared.replace("# kept\n", ""), { mode: 0o600 });
    writeFileSync(file, source);
    await running.close();
    running = await open({ env: { ...env, SEVERAL: "sk-a-11111111,sk-b-22222222" } });
  });
  const change = async (path: string, more: object) => {
    const { version } = (await state()).file;
    return call(path, { version, edits: [], ...more });
  };

  it("removing one takes its line away and nothing else", async () => {
    const removal = { removals: [{ provider: "qwen", name: "team-2" }] };
    const { body } = await change("/api/review", removal);
    expect(JSON.parse(body)).toMatchObject({ diff: [], cuts: [{ file: "shared", of: 3 }] });
    expect(await change("/api/apply", removal)).toMatchObject({ status: 200 });
    expect(readFileSync(join(directory, "shared"), "utf8")).toBe("sk-one-11111111\n\nsk-three-3333333\n");
    expect(statSync(join(directory, "shared")).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toBe(source);
    // The last of an entry goes with the entry.
    expect(await change("/api/apply", { removals: [{ provider: "qwen", name: "last" }] })).toMatchObject({
      status: 200,
    });
    expect(readFileSync(file, "utf8")).toContain("apiTokens: [{name: team, valueFile: shared}]");
  });

  it("replacing one puts a new entry behind its own and leaves the others in their file", async () => {
    const tokens = [{ provider: "qwen", replaces: "team-3", tokens: [{ name: "new", value: "sk-new-44444444" }] }];
    expect(await change("/api/apply", { tokens })).toMatchObject({ status: 200 });
    expect(readFileSync(join(directory, "shared"), "utf8")).toBe("sk-one-11111111\n\n  sk-two-22222222\n");
    const [provider] = (await state()).config.providers;
    expect(provider!.tokens.map(({ name }) => name)).toEqual(["team", "team-2", "new", "last"]);
  });

  it("one of a variable cannot be taken out of the file, and that is said", async () => {
    const [, provider] = (await state()).config.providers;
    expect(provider!.tokens.map(({ part, of }) => [part, of])).toEqual([
      [0, 2],
      [1, 2],
    ]);
    const { status, body } = await change("/api/apply", {
      removals: [{ provider: "deepseek", name: provider!.tokens[1]!.name }],
    });
    expect(status).toBe(400);
    expect(body).toContain("SEVERAL holds 2 tokens");
    expect(readFileSync(file, "utf8")).toBe(source);
  });
});

describe("an address that changes", () => {
  it("takes the tokens that are entered with it, and no saved one", async () => {
    const { version } = (await state()).file;
    const edits = [{ op: "set", path: ["providers", 0, "url"], value: "https://elsewhere.example/v1" }];
    const tokens = [{ provider: "qwen", replacesAll: true, tokens: [{ value: "sk-entered-again" }] }];
    expect(await call("/api/apply", { version, edits, tokens })).toMatchObject({ status: 200 });
    const saved = readFileSync(file, "utf8");
    expect(saved).toContain("https://elsewhere.example/v1");
    expect(saved).toContain("valueFile: secrets/qwen-1");
    for (const old of [SECRET, "${KEY}"]) expect(saved).not.toContain(old);
  });
});

describe("a file that cannot be read", () => {
  it("is a mistake in words, and what it said last is still shown", async () => {
    await state();
    rmSync(file);
    const { file: found, config } = await state();
    expect(found.mistakes).toMatchObject([{ found: "cannot be read (ENOENT)" }]);
    expect(config.providers).toHaveLength(1);
    writeFileSync(file, TEXT);
    expect((await state()).file.mistakes).toBeNull();
  });
});

describe("without an open page", () => {
  it("nothing is asked, told or checked", async () => {
    const page = listen("/api/events?requests");
    await expect.poll(() => page.of("state").length, { timeout: 5000 }).toBeGreaterThan(0);
    page.end();
    await new Promise(done => setTimeout(done, 1500));
    const before = asked;
    requests.push({ id: "1" } as RequestRecord);
    await new Promise(done => setTimeout(done, 3000));
    expect(asked).toBe(before);
    // And it goes on where one is opened.
    const again = listen("/api/events");
    await expect.poll(() => asked, { timeout: 5000 }).toBeGreaterThan(before);
    again.end();
  });
});

describe("a test of a token", () => {
  it("says that nobody is there, without the token", async () => {
    const { body } = await call("/api/test", {
      type: "openai",
      url: "http://127.0.0.1:9/v1",
      tokens: [{ value: "sk-asked" }],
    });
    expect(JSON.parse(body)).toMatchObject([{ result: "unreachable", status: 0 }]);
    expect(body).not.toContain("sk-asked");
  });
});

describe("requests", () => {
  const record = (id: number, more: Partial<RequestRecord> = {}) =>
    ({ id: String(id), outcome: "served", attempts: [], firstTokenMs: id, ...more }) as unknown as RequestRecord;

  it("are told in one message a second, however many come, and only to pages that ask", async () => {
    requests = [record(1)];
    const { records, count } = JSON.parse((await call("/api/requests")).body) as FreshRequests;
    expect([records.map(({ id }) => id), count]).toEqual([["1"], 1]);

    const [asking, other] = [listen("/api/events?requests"), listen("/api/events")];
    await expect.poll(() => asking.events.length * other.events.length, { timeout: 5000 }).toBeGreaterThan(0);
    requests.push(...Array.from({ length: 500 }, (_, i) => record(i + 2)));
    await expect.poll(() => asking.of("requests").length, { timeout: 5000 }).toBe(1);
    const [told] = asking.of("requests") as FreshRequests[];
    expect(told!.count).toBe(501);
    expect(told!.records.at(-1)!.id).toBe("501");
    expect(told!.records.length).toBeLessThanOrEqual(200);
    expect(other.of("requests")).toEqual([]);
    // The first message has the whole state, later ones what changed.
    expect(Object.keys(asking.of("state")[0]!)).toContain("config");
    writeFileSync(file, TEXT.replace("# mine", "# theirs"));
    await expect.poll(() => asking.of("state").length, { timeout: 5000 }).toBe(2);
    expect(Object.keys(asking.of("state")[1]!)).toEqual(["file"]);
    asking.end();
    other.end();
  });

  it("give the figures of the time axis", async () => {
    requests = [
      ...Array.from({ length: 99 }, (_, i) => record(i + 1)),
      record(5000, { outcome: "rescued", rescueMs: 640 }),
    ];
    const { figures, buckets } = JSON.parse((await call("/api/timeline?minutes=5")).body) as Timeline;
    expect(figures).toEqual({ requests: 100, firstTokenMs: 51, firstTokenP95Ms: 96, rescueMs: 640 });
    expect(buckets).toHaveLength(30);
    expect(await call("/api/timeline?minutes=0")).toMatchObject({ status: 400 });
  });
});

/** A page's event stream. */
function listen(path: string) {
  const events: { name: string; data: object }[] = [];
  const { port } = new URL(running.url);
  const sent = request({ host: "127.0.0.1", port, path, headers: { host: `127.0.0.1:${port}` } });
  sent
    .once("error", () => {})
    .once("response", response => {
      let text = "";
      response.on("data", chunk => {
        text += String(chunk);
        const whole = text.split("\n\n");
        text = whole.pop()!;
        for (const event of whole) {
          const [, name = "", data = ""] = /^event: (.*)\ndata: (.*)$/s.exec(event) ?? [];
          events.push({ name, data: JSON.parse(data) as object });
        }
      });
    });
  sent.end();
  const of = (name: string) => events.filter(event => event.name === name).map(({ data }) => data);
  return { events, of, end: () => sent.destroy() };
}
