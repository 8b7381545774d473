import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { chatOf } from "./bench-body.js";
import type { Target } from "./bench-load.js";
import { cpuTime } from "./cpu.js";

const REQUEST = chatOf(1 << 10, { answer: "held" });
const WINDOW = 3000;
/** How many are opened at a time. */
const STEP = 100;

/** CPU time that Envoy takes in a second, milliseconds, while so many streams are open and silent. */
export async function measureLive({ url, pid }: Target, streams: number): Promise<number> {
  const sockets: Socket[] = [];
  try {
    while (sockets.length < streams)
      sockets.push(...(await Promise.all(Array.from({ length: Math.min(STEP, streams) }, () => open(url)))));
    await sleep(500);
    const before = cpuTime(pid);
    await sleep(WINDOW);
    return (cpuTime(pid) - before) / 1e6 / (WINDOW / 1000);
  } finally {
    for (const socket of sockets) socket.destroy();
    await sleep(500);
  }
}

/** A stream whose first event has come. */
async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => socket.destroy());
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${REQUEST.length}\r\n\r\n`,
  );
  socket.write(REQUEST);
  await once(socket, "data");
  socket.resume();
  return socket;
}
