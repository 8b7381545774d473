/** What a provider keeps is asked of the token that has made it, whoever asks, and whichever worker. */
import { describe, expect, it } from "vitest";
import { chat, events, json, type Behaviour, type Seen } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";
import { COMPLETED, CREATED, message as answer, output, response } from "./shapes/shape-kit.js";

const CHAT = "/v1/chat/completions";
const choice = (more: object) => ({ index: 0, finish_reason: "stop", ...more });
const completion = (id: string) => ({ id, choices: [choice({ message: { role: "assistant", content: "Hi" } })] });
const chunks = (id: string) =>
  [choice({ delta: { content: "Hi" }, finish_reason: null }), choice({ delta: {} })]
    .map(one => `data: ${JSON.stringify({ id, choices: [one] })}\n\n`)
    .join("") + "data: [DONE]\n\n";

const message = (...content: object[]) => ({ model: "m", messages: [{ role: "user", content }] });
const input = (...content: object[]) => ({ model: "m", input: [{ role: "user", content }] });
const withTool = (tool: object) => ({ ...input(), tools: [tool] });

/** Where calls name what is kept. */
const NAMED: Record<string, [path: string, body: (id: string) => object]> = {
  "a chat's file": [CHAT, id => message({ type: "text", text: "?" }, { type: "file", file: { file_id: id } })],
  "a response's file": ["/v1/responses", id => input({ type: "input_file", file_id: id }, { type: "input_text" })],
  "a picture": ["/v1/responses", id => input({ type: "input_image", file_id: id })],
  "a document": ["/v1/messages", id => message({ type: "document", source: { type: "file", file_id: id } })],
  "an upload for a container": ["/v1/messages", id => message({ type: "container_upload", file_id: id })],
  "a container": ["/v1/messages", id => ({ ...message(), container: id })],
  "a container with skills": ["/v1/messages", id => ({ ...message(), container: { skills: [{}], id } })],
  "files of a tool": ["/v1/responses", id => withTool({ container: { type: "auto", file_ids: ["file_other", id] } })],
  "a vector store": ["/v1/responses", id => withTool({ type: "file_search", vector_store_ids: [id] })],
  "a batch's input": ["/v1/batches", id => ({ input_file_id: id, endpoint: CHAT })],
  "a file to train by": ["/v1/fine_tuning/jobs", id => ({ model: "m", training_file: id })],
  "a session's agent": ["/v1/sessions", id => ({ agent: { type: "agent", id }, environment_id: "env_1" })],
  "the last of eight": [
    "/v1/responses",
    id => input(...Array.from({ length: 7 }, (_, i) => ({ file_id: `file_${i}` })), { file_id: id }),
  ],
};

/** Each answer has an id of its own. */
function keeper(own: string): (seen: Seen) => Behaviour {
  let made = 0;
  return ({ path, method, json: body }) => {
    const id = `${path.split("/")[2]!.slice(0, 4)}_${own}${++made}x`;
    if (method === "GET") return json(200, { id });
    if (path === "/v1/messages") return json(200, JSON.parse(answer([{ type: "text", text: "Hi" }])) as object);
    if (path === CHAT)
      return (body() as { stream?: boolean }).stream ? events([chunks(id)]) : json(200, completion(id));
    if (path !== "/v1/responses") return json(200, { id, object: "made", error: null });
    if (!(body() as { stream?: boolean }).stream) return json(200, response("completed", { id, output }));
    return events([(CREATED + COMPLETED).replaceAll("resp_1", id)]);
  };
}

const idIn = (text: string) => /"id":"(\w+x)"/.exec(text)![1]!;

describe.each(MODES)("in %s mode", mode => {
  const open = () => {
    const envoy = start({
      ...{ mode, tokens: { qwen: 5, deepseek: 5 }, seed: 7 },
      provider: id => ({ messagesUrl: `https://${id}.test/v1` }),
      clusters: { qwen: keeper("q"), deepseek: keeper("d") },
      policy: {
        upstreams: [
          { provider: "qwen", weight: 50 },
          { provider: "deepseek", weight: 50 },
        ],
        fallbackConfig: {},
      },
    });
    /** Where the last request went: "qwen-3". */
    const asked = (ask: { method?: string; path: string; body?: object | string }) => {
      envoy.forget();
      const call = envoy.ask(ask as never);
      expect(call.status).toBe(200);
      const [at] = ["qwen", "deepseek"].filter(id => envoy.provider(id).seen.length > 0);
      const { authorization, "x-api-key": key } = envoy.provider(at!).seen[0]!.headers;
      return { text: call.text, at: (key ?? authorization!).replace("Bearer ", "") };
    };
    return asked;
  };

  it.each([true, false])("a stored response, streamed: %s", stream => {
    const asked = open();
    const places = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { text, at } = asked({ path: "/v1/responses", body: { model: "m", input: "Hi", stream } });
      const id = idIn(text);
      places.add(at);
      expect(asked({ path: "/v1/responses", body: { model: "m", input: "", previous_response_id: id } }).at).toBe(at);
      expect(asked({ method: "GET", path: `/v1/responses/${id}`, body: "" }).at).toBe(at);
      expect(asked({ path: `/v1/responses/${id}/cancel`, body: {} }).at).toBe(at);
    }
    expect(places.size).toBeGreaterThan(4);
  });

  it.each(["files", "batches", "vector_stores", "containers", "agents", "sessions", "memory_stores", "skills"])(
    "%s, also below it",
    api => {
      const asked = open();
      for (let i = 0; i < 5; i++) {
        const { text, at } = asked({ path: `/v1/${api}`, body: { name: "x" } });
        const path = `/v1/${api}/${idIn(text)}`;
        expect(asked({ method: "GET", path, body: "" }).at).toBe(at);
        expect(asked({ method: "GET", path: `${path}/content?limit=2`, body: "" }).at).toBe(at);
      }
    },
  );

  it.each([true, false])("a chat completion that is kept, streamed: %s", stream => {
    const asked = open();
    const places = new Set<string>();
    const kept = { model: "m", messages: [], stream, store: true };
    for (let i = 0; i < 20; i++) {
      const { text, at } = asked({ path: CHAT, body: kept });
      places.add(at);
      expect(asked({ method: "GET", path: `${CHAT}/${idIn(text)}`, body: "" }).at).toBe(at);
      expect(asked({ method: "GET", path: `${CHAT}/${idIn(text)}/messages`, body: "" }).at).toBe(at);
    }
    expect(places.size).toBeGreaterThan(4);
  });

  it.each(Object.entries(NAMED))("%s that the body names", (_what, [path, body]) => {
    const asked = open();
    for (const api of ["files", "containers"]) {
      const { text, at } = asked({ path: `/v1/${api}`, body: { name: "x" } });
      expect(asked({ path, body: body(idIn(text)) }).at).toBe(at);
    }
  });

  it("a file of which nobody knows is asked of the token that makes files", () => {
    const asked = open();
    const { at } = asked({ path: "/v1/files", body: { name: "x" } });
    for (let i = 0; i < 5; i++) {
      const body = message({ type: "file", file: { file_id: `file_elsewhere${i}` } });
      expect(asked({ path: CHAT, body }).at).toBe(at);
    }
  });

  it("a file that others may have, too: the call goes on where its maker fails", () => {
    let maker = "";
    const envoy = start({
      ...{ mode, tokens: { qwen: 5 } },
      clusters: {
        qwen: ({ path, headers }) =>
          path === "/v1/files"
            ? json(200, { id: "file_1x" })
            : headers["authorization"] === maker
              ? json(429, {})
              : chat("Hi"),
      },
    });
    envoy.ask({ path: "/v1/files", body: {} });
    const tokens = () => envoy.provider("qwen").seen.map(({ headers }) => headers["authorization"]!);
    maker = tokens()[0]!;
    envoy.forget();
    const { status } = envoy.ask({ path: CHAT, body: message({ type: "file", file: { file_id: "file_1x" } }) });
    expect([status, tokens().length, tokens()[0]]).toEqual([200, 2, maker]);
  });

  it.each([(id: string) => id, (id: string) => ({ id })])("a conversation that the body names", named => {
    const asked = open();
    for (let i = 0; i < 5; i++) {
      const { text, at } = asked({ path: "/v1/conversations", body: {} });
      const body = { model: "m", input: "", conversation: named(idIn(text)) };
      expect(asked({ path: "/v1/responses", body }).at).toBe(at);
    }
  });
});
