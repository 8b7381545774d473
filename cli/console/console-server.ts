import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fastifyCookie from "@fastify/cookie";
import fastifyStatic from "@fastify/static";
import fastify, { type FastifyInstance } from "fastify";
import { expandText, tokensOf } from "../config/expand.js";
import { packageRoot } from "../config/root.js";
import type { Address } from "../config/config-types.js";
import { parseFault } from "../demo/demo-fault.js";
import { Refusal } from "../refusal.js";
import { sentenceOf } from "../system-error.js";
import { urlOf } from "../run/admin-client.js";
import { reachable } from "../run/envoy-process.js";
import { StatusClient } from "../status/status-client.js";
import type { ExplainRequest } from "../status/explain-types.js";
import type { Order, Status } from "../status/status-types.js";
import { ChangeRefused, ConfigEditor, directoryOf, type Change, type Preview } from "./config-editor.js";
import { EditConflict, type ConfigFile, type FileText } from "./config-file.js";
import { presetViews, viewOf } from "./config-view.js";
import type { ConsoleHost } from "./console-host.js";
import type { ConsoleState, FileState, Mistake, TokenTestRequest } from "./console-types.js";
import { GatewayHistory, SAMPLE_PERIOD } from "./gateway-history.js";
import { LiveState } from "./live-state.js";
import { guardRequests, SESSION_COOKIE, setSession } from "./request-guard.js";
import { figuresOf } from "./request-figures.js";
import { remembered } from "./remembered.js";
import { RequestPages } from "./request-pages.js";
import * as schemas from "./request-schemas.js";
import { Sessions } from "./sessions.js";
import { testToken, type TestedToken } from "./token-test.js";
import { openTry } from "./try-request.js";

export interface ConsoleOptions {
  listen: Address;
  password?: string;
  /** Further names by which it may be opened. */
  hosts: string[];
  say: (line: string) => void;
}

/** The pages, built by vite. */
const PAGES = join(packageRoot, "build", "console");
/** One order or change; a request body to try may be larger than any of them. */
const MOST_BODY = 4 << 20;

export interface RunningConsole {
  url: string;
  close(): Promise<void>;
}

/** Serves the console for a gateway that runs. */
export async function startConsole(host: ConsoleHost, options: ConsoleOptions): Promise<RunningConsole> {
  const { listen, password, hosts, say } = options;
  const sessions = new Sessions(password);
  const server = fastify({ bodyLimit: MOST_BODY, forceCloseConnections: true });
  await server.register(fastifyCookie);
  let bound = listen;
  guardRequests(server, () => bound, hosts, sessions);
  if (existsSync(PAGES)) await server.register(fastifyStatic, { root: PAGES, cacheControl: false });
  // Every page has an address of its own, and all are one document.
  server.setNotFoundHandler(async (request, reply) => {
    if (request.method !== "GET" || request.url.startsWith("/api/") || !existsSync(PAGES))
      return reply.code(404).send({ error: "There is nothing here." });
    return reply.sendFile("index.html");
  });
  explainErrors(server, say);
  const live = serveApi(server, host, sessions, say);
  try {
    await server.listen({ host: listen.host, port: listen.port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Refusal(
      `The console cannot listen on ${listen.host}:${listen.port} (${code}): set console.listen to a free address, or console.enabled to false.`,
    );
  }
  bound = { host: listen.host, port: (server.server.address() as AddressInfo).port };
  return {
    url: urlOf(reachable(bound)),
    async close() {
      live.stop();
      await server.close();
    },
  };
}

/** Each error as a sentence and a status that the pages know; what nobody foresaw is told in the terminal. */
function explainErrors(server: FastifyInstance, say: (line: string) => void): void {
  server.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof ChangeRefused) return reply.code(422).send({ error: error.message, review: error.review });
    if (error instanceof EditConflict)
      return reply.code(409).send({ error: error.message, version: error.current.version });
    const { statusCode = 500 } = error as { statusCode?: number };
    const message = sentenceOf(error) ?? (error as Error).message;
    if (statusCode >= 500 && !(error instanceof Refusal)) say(`Console: ${message}`);
    return reply.code(statusCode >= 500 ? 400 : statusCode).send({ error: message });
  });
}

function serveApi(
  server: FastifyInstance,
  host: ConsoleHost,
  sessions: Sessions,
  say: (line: string) => void,
): LiveState {
  const preview = (text: string) => host.preview(text);
  const previewSaved = remembered(preview);
  const editor = new ConfigEditor(host.file, preview, () => host.env, previewSaved);
  const readState = () => stateOf(host, editor, sessions, previewSaved);
  const history = new GatewayHistory();
  const pages = new RequestPages(host.records);
  const live = new LiveState(
    async () => {
      const state = await readState();
      if (state.status !== null) history.look(state.status);
      return state;
    },
    () => pages.tell(),
  );

  server.get("/api/session", async request => ({
    needsPassword: sessions.needsPassword,
    isKnown: sessions.isKnown(request.cookies[SESSION_COOKIE]),
  }));
  server.post<{ Body: { password: string } }>("/api/login", { schema: schemas.login }, async (request, reply) => {
    const login = sessions.login(request.body.password);
    if ("session" in login) {
      setSession(reply, login.session);
      return {};
    }
    return reply.code("retryInMs" in login ? 429 : 403).send({ error: "The password is wrong.", ...login });
  });
  server.post("/api/logout", async (request, reply) => {
    sessions.logout(request.cookies[SESSION_COOKIE] ?? "");
    return reply.clearCookie(SESSION_COOKIE, { path: "/" }).send({});
  });

  server.get("/api/state", async () => readState());
  server.get("/api/presets", async () => presetViews());
  server.get<{ Querystring: { requests?: string } }>("/api/events", (request, reply) => {
    reply.raw.writeHead(200, { ...reply.getHeaders(), "content-type": "text/event-stream" } as Record<string, string>);
    const tell = (event: string) => (data: object) =>
      void reply.raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    const ends = [live.listen(tell("state"))];
    if (request.query.requests !== undefined) ends.push(pages.listen(tell("requests")));
    request.raw.once("close", () => ends.forEach(end => end()));
    reply.hijack();
    reply.raw.flushHeaders();
  });
  server.get("/api/requests", async () => host.records?.since(0) ?? { records: [], count: 0 });
  server.get<{ Querystring: { minutes: number } }>("/api/timeline", { schema: schemas.timeline }, async request => {
    const status = await statusOf(host);
    if (status !== null) history.look(status);
    return { ...history.timeline(request.query.minutes, status), figures: figuresOf(host.records?.read() ?? []) };
  });

  server.post<{ Body: Change }>("/api/review", { schema: schemas.change }, async request =>
    editor.review(request.body),
  );
  server.post<{ Body: Change }>("/api/apply", { schema: schemas.change }, async request => {
    const review = await editor.apply(request.body);
    say(`Console: ${host.file} was saved (${review.added} lines added, ${review.removed} removed).`);
    return { ...review, ...(await served(host, live)) };
  });
  server.post("/api/undo", async () => {
    editor.file.undo();
    say(`Console: the last change of ${host.file} was undone.`);
    return served(host, live);
  });

  server.post<{ Body: ExplainRequest & { change?: Change } }>(
    "/api/explain",
    { schema: schemas.explain },
    async request => {
      const { change, ...asked } = request.body;
      const config = change && (await host.candidate(editor.candidate(change)));
      return statusClient(host).explain({ ...asked, ...(config && { config }) });
    },
  );

  server.post<{ Body: TokenTestRequest }>("/api/test", { schema: schemas.test }, async request => {
    const { type, url = "", model = "" } = request.body;
    return Promise.all(testedTokens(host, request.body).map(token => testToken(type, url, model, token)));
  });
  server.post<{ Body: { provider: string; token: string; fault: string[] } }>(
    "/api/demo",
    { schema: schemas.demo },
    async request => {
      const { provider, token, fault } = request.body;
      if (fault.length === 0) await host.resetDemos();
      else await host.setDemo(provider, token, parseFault(fault));
      await live.look();
      return host.demos();
    },
  );
  server.post<{ Body: Order }>("/api/orders", { schema: schemas.order }, async request => {
    const done = await statusClient(host).order({ ...request.body, by: "console" });
    await live.look();
    return { done };
  });
  openTry(server, host);
  const sample = () => void statusOf(host).then(status => status !== null && history.look(status));
  sample();
  const sampling = setInterval(sample, SAMPLE_PERIOD);
  server.addHook("onClose", async () => clearInterval(sampling));
  return live;
}

/** After the file was saved: what came of it. The file stays as it was saved. */
async function served(host: ConsoleHost, live: LiveState): Promise<{ outcome: string; isServed: boolean }> {
  const told = await host.reload().then(
    outcome => ({ outcome, isServed: true }),
    (error: Error) => ({ outcome: `${error.message} What was served before goes on.`, isServed: false }),
  );
  await live.look();
  return told;
}

/** Typed ones, or saved ones: their values are read here and never leave the server but for their provider. */
function testedTokens({ config, env }: ConsoleHost, { tokens = [], saved }: TokenTestRequest): TestedToken[] {
  const typed = tokens.map(({ name, value }, i) => ({ name: name ?? String(i + 1), value }));
  if (saved === undefined) return typed;
  const provider = config.providers.find(({ id }) => id === saved.provider);
  const kept = (provider?.apiTokens ?? []).flatMap(({ name = "", value }) =>
    tokensOf(value, env).map(value => ({ name, value })),
  );
  return [...typed, ...kept.filter(({ name }) => saved.names === undefined || saved.names.includes(name))];
}

async function stateOf(
  host: ConsoleHost,
  editor: ConfigEditor,
  sessions: Sessions,
  preview: (text: string) => Promise<Preview>,
): Promise<ConsoleState> {
  const { text, version, savedAt, problem } = readOrLast(editor.file);
  const mistakes = problem === undefined ? (await preview(text)).mistakes : [problem];
  const file: FileState = {
    ...{ name: host.file, version, savedAt, isReadOnly: editor.file.isReadOnly, canUndo: editor.file.canUndo },
    mistakes: mistakes.length > 0 ? mistakes : null,
  };
  const demos = host.demos();
  return {
    gateway: host.describe(),
    file,
    config: viewOf(text, directoryOf(host.file), host.env, id => demos.some(({ provider }) => provider === id)),
    status: await statusOf(host),
    demos,
    needsPassword: sessions.needsPassword,
  };
}

/** A file that is gone, or may not be read, is a mistake in words; what it said last is still shown. */
function readOrLast(file: ConfigFile): FileText & { problem?: Mistake } {
  try {
    return file.read();
  } catch (error) {
    const { lastRead } = file;
    if (lastRead === undefined) throw error;
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return { ...lastRead, problem: { path: "", found: `cannot be read (${code})`, allowed: "" } };
  }
}

/** What the module tells of itself; null while nobody answers. */
async function statusOf(host: ConsoleHost): Promise<Status | null> {
  if (!host.config.status.enabled) return null;
  return statusClient(host)
    .status()
    .catch(() => null);
}

function statusClient({ config, env }: ConsoleHost): StatusClient {
  const { listen, password } = config.status;
  const secret = password === undefined ? {} : { AI_FAILOVER_PASSWORD: expandText(password, env) };
  return new StatusClient(urlOf(reachable(listen)), secret);
}
