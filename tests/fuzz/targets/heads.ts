import { startRoom } from "../../unit/compile-room.js";
import { headerListOf } from "../../unit/health-room.js";
import { target } from "../fuzz-target.js";
import { mutate, pick } from "../mutation.js";

const NAMES = [
  ...["content-type", "content-length", "authorization", "x-api-key", "api-key", "x-ai-failover", "ai-failover-hops"],
  ...["origin", "sec-fetch-site", "upgrade", "anthropic-version", "content-encoding", "location", "set-cookie", "link"],
  ...["x-stainless-os", "x-envoy-retry-on", "x-request-id", "date", "retry-after", "access-control-allow-origin"],
];
const VALUES = [
  ...[
    "application/json",
    "multipart/form-data; boundary=b",
    "text/event-stream; charset=utf-8",
    "gzip",
    "identity",
    "br, ",
  ],
  ...[
    "0",
    "12",
    "-1",
    "99999999999999999999",
    "Bearer sk-a",
    "off",
    "same-model",
    "https://a.example",
    "cross-site",
    "",
  ],
];
const PATHS = [
  ...[
    "/v1/chat/completions?beta=true&key=k",
    "/ai/v1/messages",
    "/v1/files/f-1/content?after=a&limit=2&include%5B%5D=x",
  ],
  ...["/v1/responses/r?stream=true;key=1", "/v1/models", "/", "*", ""],
];
const PIECES = [
  ...[
    "/",
    "//",
    "/v1",
    "/..",
    "%2e%2e",
    "%2f",
    "%5c",
    "\\",
    "?",
    "&",
    "=",
    ";",
    "%",
    "%4",
    "%ff",
    "#",
    "[",
    "]",
    "key=s",
  ],
  ...[" ", "\t", ",", ";q=0.1", '"', "x-envoy-", "x-ai-failover-", "proxy-", "\x80", "\xc2\x85", "Bearer ", "chunked"],
];

interface Exports {
  memory: WebAssembly.Memory;
  alloc(size: number): number;
  free(ptr: number): void;
  request(list: number, len: number, out: number, room: number): number;
  kept(list: number, len: number, dialect: number): number;
  response(list: number, len: number): number;
}

interface Heads {
  path: string;
  status: string;
  headers: [name: string, value: string][];
}

export const headerList = target<Heads>({
  ...{ name: "header-list", share: 1 },
  generate: random => ({
    path: mutate(pick(PATHS, random), PIECES, random),
    status: pick(["200", "204", "302", "401", "429", "503", "99", "1000", "2x0", ""], random),
    headers: Array.from({ length: random(8) }, () => [
      random(6) === 0 ? mutate(pick(NAMES, random), PIECES, random) : pick(NAMES, random),
      mutate(pick(VALUES, random), PIECES, random),
    ]),
  }),
  async start() {
    const room = await startRoom<Exports>("head");
    const withBlock = <Result>(bytes: Buffer, use: (ptr: number, len: number) => Result): Result => {
      const block = room.alloc(bytes.length + 64);
      const memory = new Uint8Array(room.memory.buffer, block, bytes.length + 64);
      memory.fill(0x26);
      memory.set(bytes, 32);
      const result = use(block + 32, bytes.length);
      room.free(block);
      return result;
    };
    return {
      run({ path, status, headers }) {
        const request = headerListOf([[":method", "POST"], [":path", path], ...headers]);
        const query = withBlock(request, (list, len) =>
          withBlock(Buffer.alloc(path.length + 1), (out, size) => {
            const written = room.request(list, len, out, size);
            return Buffer.from(room.memory.buffer, out, Math.max(written, 0)).toString("latin1");
          }),
        );
        // Nothing of a query that nobody knows; no piece of it comes from elsewhere.
        for (const member of query.slice(1).split("&"))
          if (/^(key|token|api-version|mode)=/.test(member) || !path.includes(member))
            throw new Error(`a member that must not go on: ${member}`);
        const requestKept = withBlock(request, (list, len) => room.kept(list, len, headers.length % 5));
        const answer = headerListOf([[":status", status], ...headers]);
        const answerKept = withBlock(answer, (list, len) => room.response(list, len));
        if (requestKept > headers.length + 2 || answerKept > headers.length + 1)
          throw new Error("more goes on than came");
      },
      get memory() {
        return room.memory.buffer.byteLength;
      },
    };
  },
});
