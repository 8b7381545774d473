import { BytesRoom } from "../../unit/text-room.js";
import { target } from "../fuzz-target.js";
import { mutate, pick } from "../mutation.js";

const TYPES = ["multipart/form-data; boundary=XyZ", 'multipart/form-data;charset=a; boundary="XyZ"', "multipart/mixed"];
const part = (head: string, value: string) => `--XyZ\r\n${head}\r\n\r\n${value}\r\n`;
const named = (name: string, value: string) => part(`Content-Disposition: form-data; name="${name}"`, value);
const FILE = part('content-disposition: form-data; name="file"; filename="a"\r\nContent-Type: audio/mpeg', "\0\r\n-");
const FORMS = [`${named("model", "whisper-1")}${FILE}${named("stream", "true")}--XyZ--\r\n`, `${FILE}--XyZ--`];
const PIECES = [
  ...[
    "\r\n",
    "\r",
    "\n",
    "--",
    "--XyZ",
    "\r\n--XyZ\r\n",
    "\r\n--XyZ--",
    "XyZ",
    '"',
    ";",
    ":",
    "=",
    "\\",
    " ",
    "\t",
    "\0",
  ],
  ...[
    "boundary=",
    '; name="model"',
    "; name*=model",
    "filename=",
    named("model", "b"),
    named("stream", "1"),
    FILE,
    "\xff",
  ],
];

interface Form {
  type: string;
  body: string;
}

export const form = target<Form>({
  ...{ name: "multipart", share: 1 },
  generate: random => ({
    type: random(4) === 0 ? mutate(pick(TYPES, random), PIECES, random) : TYPES[0]!,
    body: mutate(pick(FORMS, random), PIECES, random),
  }),
  async start() {
    const room = await BytesRoom.start();
    return {
      run({ type, body }) {
        const answer = room.multipart(type, Buffer.from(body, "latin1"));
        if ("model" in answer && answer.model !== undefined && !Buffer.from(body, "latin1").includes(answer.model))
          if (!answer.model.includes("\ufffd")) throw new Error(`a model that is not in the form: ${answer.model}`);
      },
      get memory() {
        return room.wasm.memory.buffer.byteLength;
      },
    };
  },
});
