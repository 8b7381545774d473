/**
 * The provider of the benchmark, as a process of its own: answers every request at once, by its token and by the `user` in its body.
 * Tells its port to the process that forked it, and ends with that one.
 */
import { createServer, type Socket } from "node:net";
import { EVENTS, type AnswerKind } from "./bench-body.js";
import { FAILURES } from "./bench-tokens.js";

const HEAD_END = Buffer.from("\r\n\r\n");
/** The body's `user` stands within so many bytes. */
const BODY_START = 200;

const GOOD = answer("200 OK", {
  id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
  object: "chat.completion",
  created: 1741569952,
  model: "bench-there",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Hello! How can I assist you today?", refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: {
    ...{ prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 },
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0 },
  },
  service_tier: "default",
});
const REFUSED = answer("401 Unauthorized", {
  error: {
    message: "Incorrect API key provided.",
    type: "invalid_request_error",
    param: null,
    code: "invalid_api_key",
  },
});
const OVERLOADED = answer("503 Service Unavailable", {
  error: { message: "The server is busy.", type: "server_error" },
});

const STREAM_HEAD = Buffer.from(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
);
const STREAM_END = Buffer.concat([event("", "stop"), chunk("data: [DONE]\n\n"), Buffer.from("0\r\n\r\n")]);
const BATCH = Buffer.concat([
  STREAM_HEAD,
  ...Array.from({ length: EVENTS.batched }, (_, i) => event(`word${i} `)),
  STREAM_END,
]);

function answer(status: string, body: object): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  );
}

function chunk(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

function event(content: string, finish_reason: string | null = null): Buffer {
  const choice = { index: 0, delta: { content }, logprobs: null, finish_reason };
  const head = { id: "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", object: "chat.completion.chunk", created: 1741570283 };
  return chunk(`data: ${JSON.stringify({ ...head, model: "bench-there", choices: [choice], usage: null })}\n\n`);
}

/** One event a millisecond, over all streams by one timer. */
const paced = new Map<Socket, number>();
setInterval(() => {
  for (const [socket, left] of paced) {
    if (left === 0) {
      paced.delete(socket);
      socket.write(STREAM_END);
    } else {
      paced.set(socket, left - 1);
      socket.write(event(`word${left} `));
    }
  }
}, 1);

function reply(socket: Socket, head: string, body: string): void {
  if (head.includes(FAILURES.reset)) return void socket.resetAndDestroy();
  if (head.includes(FAILURES["401"])) return void socket.write(REFUSED);
  if (head.includes(FAILURES["503"])) return void socket.write(OVERLOADED);
  switch (/"user":"(\w+)"/.exec(body)?.[1] as AnswerKind | undefined) {
    case "batched":
      return void socket.write(BATCH);
    case "paced":
      socket.write(STREAM_HEAD);
      return void paced.set(socket, EVENTS.paced);
    case "held":
      return void socket.write(Buffer.concat([STREAM_HEAD, event("one word")]));
    default:
      socket.write(GOOD);
  }
}

/** Counts bytes instead of keeping them: only a head that comes in pieces is put together, and the start of the body. */
function serve(socket: Socket): void {
  let head = Buffer.alloc(0);
  let headText = "";
  let body = "";
  let left = 0;
  socket.setNoDelay(true).on("error", () => socket.destroy());
  socket.on("close", () => paced.delete(socket));
  socket.on("data", data => {
    if (left === 0) {
      head = head.length === 0 ? data : Buffer.concat([head, data]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      headText = head.toString("latin1", 0, end);
      left = Number(/\r\ncontent-length: *(\d+)/i.exec(headText)?.[1] ?? 0);
      data = head.subarray(end + HEAD_END.length);
      head = Buffer.alloc(0);
      body = "";
    }
    if (body.length < BODY_START) body += data.toString("latin1", 0, BODY_START);
    left -= data.length;
    if (left === 0) reply(socket, headText, body);
  });
}

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => process.send!((server.address() as { port: number }).port));
process.on("disconnect", () => process.exit());
