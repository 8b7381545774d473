import { connect as connectSocket, createServer, type AddressInfo } from "node:net";
import { connect } from "node:http2";

/** How a stream of HTTP/2 ended, by its frames: Node's client takes a reset without an error for an end. */
export interface Ended {
  status: number;
  text: string;
  /** "END_STREAM", or the error code of the frame that reset it. */
  by: "END_STREAM" | number;
}

const HEAD = 9;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const END_STREAM = 1;

/** Reads the frames of one direction of a connection, in pieces of any size. */
function frameReader(seen: (type: number, flags: number, payload: Buffer) => void): (piece: Buffer) => void {
  let rest = Buffer.alloc(0);
  return piece => {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= HEAD && rest.length >= HEAD + rest.readUIntBE(0, 3)) {
      const end = HEAD + rest.readUIntBE(0, 3);
      seen(rest[3]!, rest[4]!, rest.subarray(HEAD, end));
      rest = rest.subarray(end);
    }
  };
}

/** Asks by HTTP/2, on a connection of its own. */
export async function askByFrames(url: string, path: string, body: object): Promise<Ended> {
  let by: Ended["by"] | undefined;
  const read = frameReader((type, flags, payload) => {
    if ((type === DATA || type === HEADERS) && flags & END_STREAM) by = "END_STREAM";
    if (type === RST_STREAM) by ??= payload.readUInt32BE();
  });
  const { hostname, port } = new URL(url);
  const tap = createServer(client => {
    const server = connectSocket(Number(port), hostname);
    client.on("error", () => server.destroy()).on("close", () => server.destroy());
    server.on("error", () => client.destroy()).on("close", () => client.destroy());
    client.pipe(server);
    server.on("data", read).pipe(client);
  });
  await new Promise<void>(done => tap.listen(0, "127.0.0.1", done));
  const session = connect(`http://127.0.0.1:${(tap.address() as AddressInfo).port}`);
  try {
    const request = session.request({ ":method": "POST", ":path": path, "content-type": "application/json" });
    let status = 0;
    let text = "";
    request.on("response", headers => (status = Number(headers[":status"])));
    request.setEncoding("utf8").on("data", chunk => (text += chunk));
    const closed = new Promise<void>(done => request.on("close", done).on("error", () => {}));
    request.end(JSON.stringify(body));
    await closed;
    if (by === undefined) throw new Error("the connection ended before the stream did");
    return { status, text, by };
  } finally {
    session.destroy();
    tap.close();
  }
}
