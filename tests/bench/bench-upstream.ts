/**
 * The provider of the benchmark, as a process of its own: answers every request at once with the same few hundred bytes, and one
 * with the bad token by 401. Tells its port to the process that forked it, and ends with that one.
 */
import { createServer, type Socket } from "node:net";
import { BAD_TOKEN } from "./bench-tokens.js";

const HEAD_END = Buffer.from("\r\n\r\n");

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

function answer(status: string, body: object): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  );
}

/** Counts bytes instead of keeping them: only a head that comes in pieces is put together. */
function serve(socket: Socket): void {
  let head = Buffer.alloc(0);
  let left = 0;
  let reply = GOOD;
  socket.setNoDelay(true).on("error", () => socket.destroy());
  socket.on("data", chunk => {
    if (left === 0) {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      const text = head.toString("latin1", 0, end);
      left = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      reply = text.includes(BAD_TOKEN) ? REFUSED : GOOD;
      chunk = head.subarray(end + HEAD_END.length);
      head = Buffer.alloc(0);
    }
    left -= chunk.length;
    if (left === 0) socket.write(reply);
  });
}

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => process.send!((server.address() as { port: number }).port));
process.on("disconnect", () => process.exit());
