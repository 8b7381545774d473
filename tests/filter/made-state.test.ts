/** What a provider keeps is asked of the token that has made it, whoever asks, and whichever worker. */
import { describe, expect, it } from "vitest";
import { events, json, type Behaviour, type Seen } from "../host/proxy-host.js";
import { MODES, start, tokensAt } from "./fixture.js";
import { COMPLETED, CREATED, output, response } from "./shapes/shape-kit.js";

/** Each answer has an id of its own. */
function keeper(own: string): (seen: Seen) => Behaviour {
  let made = 0;
  return ({ path, method, json: body }) => {
    const id = `${path.split("/")[2]!.slice(0, 4)}_${own}${++made}x`;
    if (method === "GET") return json(200, { id });
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
    /** Where the last request went: "qwen/t3". */
    const asked = (ask: { method?: string; path: string; body?: object | string }) => {
      envoy.forget();
      const call = envoy.ask(ask as never);
      expect(call.status).toBe(200);
      const [at] = ["qwen", "deepseek"].filter(id => envoy.provider(id).seen.length > 0);
      return { text: call.text, at: `${at}/${tokensAt(envoy, at!)[0]}` };
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

  it.each([(id: string) => id, (id: string) => ({ id })])("a conversation that the body names", named => {
    const asked = open();
    for (let i = 0; i < 5; i++) {
      const { text, at } = asked({ path: "/v1/conversations", body: {} });
      const body = { model: "m", input: "", conversation: named(idIn(text)) };
      expect(asked({ path: "/v1/responses", body }).at).toBe(at);
    }
  });
});
