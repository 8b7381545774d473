/** Gives an answer to the module and what comes of it to the official client; says what is wrong with that. */
import { chat, events, json, sse, type Answer, type Call, type Piece } from "../../host/proxy-host.js";
import type { Reader } from "../../unit/official-clients.js";
import { start, type Mode } from "../fixture.js";
import { COMPLETED, CREATED, START, TEXT, last, message, output, response, type Shape } from "./shape-kit.js";

export interface Way {
  mode: Mode;
  guard: "first-event" | "full" | "none";
  cut: keyof typeof CUTS;
  /** Another provider could answer. */
  hasSpare: boolean;
}

const PATHS = {
  chat: "/v1/chat/completions",
  completions: "/v1/completions",
  responses: "/v1/responses",
  messages: "/v1/messages",
};
const RESCUE = "rescued";
const ASKED = { model: "m", messages: [], input: "", prompt: "", max_tokens: 1 };

/** What the other provider answers. */
function rescue(api: Shape["api"], stream: boolean): Answer {
  const said = (value: object | string) => JSON.parse(JSON.stringify(value).replace("Hi", RESCUE)) as object;
  switch (api) {
    case "messages":
      return stream
        ? events([START + TEXT.replace("Hi", RESCUE) + last()])
        : json(200, JSON.parse(message([{ type: "text", text: RESCUE }])) as object);
    case "responses":
      return stream
        ? events([CREATED + COMPLETED.replace("Hi", RESCUE)])
        : json(200, said(response("completed", { output })));
    case "completions": {
      const answer = { choices: [{ index: 0, text: RESCUE, finish_reason: "stop" }] };
      return stream ? events([`data: ${JSON.stringify(answer)}\n\ndata: [DONE]\n\n`]) : json(200, answer);
    }
    default:
      return stream ? sse(RESCUE) : chat(RESCUE);
  }
}

/** Behind each blank line a pause. */
function byEvents(body: Buffer): Piece[] {
  const parts = body.toString("latin1").split(/(?<=\n\n|\r\r|\r\n\r\n)/);
  return parts.flatMap(part => [Buffer.from(part, "latin1"), 5]).slice(0, -1);
}

const CUTS = {
  whole: (body: Buffer): Piece[] => [body],
  events: byEvents,
  bytes: (body: Buffer): Piece[] =>
    Array.from({ length: Math.ceil(body.length / 5) }, (_, i) => body.subarray(i * 5, i * 5 + 5)),
};

const isStreamed = ({ stream = true }: Shape) => stream;

function typeOf(shape: Shape): Record<string, string> {
  if (shape.type === "") return {};
  return { "content-type": shape.type ?? (isStreamed(shape) ? "text/event-stream" : "application/json") };
}

function ask(shape: Shape, { mode, guard, cut, hasSpare }: Way) {
  const { api, status = 200, headers, body, end = "clean" } = shape;
  const answer: Answer = {
    ...{ status, end, headers: { ...typeOf(shape), ...headers } },
    body: body.length === 0 ? [] : CUTS[cut](Buffer.from(body)),
  };
  const envoy = start({
    ...{ mode, tokens: hasSpare ? { qwen: 1, deepseek: 1 } : { qwen: 1 } },
    policy: { guard, firstTokenTimeout: 3000, timeout: 20_000 },
    provider: id => ({ messagesUrl: `https://${id}.test/v1` }),
    clusters: { qwen: answer, deepseek: rescue(api, isStreamed(shape)) },
  });
  const call = envoy.ask({ path: PATHS[api], body: { ...ASKED, stream: isStreamed(shape) } });
  return { call, isGood: envoy.metric("ai_failover_attempts_total;provider=qwen;cause=ok") === 1 };
}

/** What the official client raises from an answer, and how often; Responses tell failures in events as well. */
export async function raisedBy(reader: Reader, shape: Shape, answer: Pick<Call, "status" | "headers" | "text">) {
  const { seen, raised } = await reader.read(shape.api, answer as Call, isStreamed(shape));
  const told = seen
    .map(event => JSON.stringify(event))
    .filter(event => shape.api === "responses" && /"type":"(response\.failed|error)"/.test(event));
  return { count: told.length + (raised === undefined ? 0 : 1), text: `${String(raised)} ${told.join()}` };
}

/** What the client is shown that calls the provider itself. */
export const raisedDirectly = (reader: Reader, shape: Shape) =>
  raisedBy(reader, shape, {
    ...{ status: shape.status ?? 200, headers: typeOf(shape) as Call["headers"], text: shape.body.toString() },
  });

/** "": all is well. */
export async function problemOf(reader: Reader, shape: Shape, way: Way): Promise<string> {
  const { call, isGood } = ask(shape, way);
  const { fate, end, says, status = 200 } = shape;
  const { mode, guard, hasSpare } = way;
  const { "x-ai-failover-trail": trail } = call.headers;
  const found = (what: string) =>
    `${what}: ${call.status}, ${call.ended}, ${trail}, ${JSON.stringify(call.text.slice(-200))}`;
  const isSame = call.text === shape.body.toString();
  if (fate === "good") {
    const ended = end === "cut" ? "reset" : "complete";
    return isGood && isSame && call.status === status && call.ended === ended ? "" : found("not good");
  }
  if (isGood) return found("counts as good");
  // Without a guard what is not streamed goes on as it is.
  if (guard === "none" && !isStreamed(shape) && isSame) return "";
  // Envoy ends a held answer itself whose provider cuts it, where there is no attempt filter (facts 12.3).
  if (end === "cut" && mode === "callout" && call.status >= 400) return "";
  const isRescued = call.text.includes(RESCUE);
  const mayBeRescued = fate === "next" ? guard !== "none" : fate === "broken" && guard === "full";
  if (hasSpare && mayBeRescued)
    return isRescued && call.status === 200 && call.ended === "complete" ? "" : found("not rescued");
  if (isRescued) return fate === "caller" ? found("rescued") : "";
  const { count, text } = await raisedBy(reader, shape, call);
  if (count !== 1) return found(`raised ${count} times, ${text}`);
  if (says !== undefined && !text.includes(says)) return found(`raised in other words, ${text}`);
  return fate === "caller" && guard !== "none" && call.status < 400 ? found("no status, though headers were held") : "";
}
