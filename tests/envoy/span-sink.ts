import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface SpanSeen {
  name: string;
  traceId: string;
  /** 2: a server's, of the client's request; 3: a client's, of an attempt. */
  kind: number;
  attributes: Record<string, string>;
}

/** A collector of spans: OTLP over HTTP, as far as a test reads it. */
export class SpanSink {
  readonly spans: SpanSeen[] = [];
  /** All that came, for searches. */
  text = "";
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => {
          const body = Buffer.concat(chunks);
          this.text += body.toString("latin1");
          this.spans.push(...spansOf(body));
          response.end();
        });
    });
  }

  static async start(): Promise<SpanSink> {
    const sink = new SpanSink();
    await new Promise<void>(done => void sink.server.listen(0, "127.0.0.1", done));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/traces`;
  }

  /** Those of clients' requests, in order. */
  get ofRequests(): SpanSeen[] {
    return this.spans.filter(({ kind }) => kind === 2);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

type Fields = [number, Buffer | number][];

/** The fields of a message: numbers, and what has a length. https://protobuf.dev/programming-guides/encoding/ */
function fieldsOf(message: Buffer): Fields {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const skip = (size: number) => message.subarray(at, (at += size));
  const fields: Fields = [];
  while (at < message.length) {
    const tag = varint();
    const wire = tag & 7;
    fields.push([tag >> 3, wire === 0 ? varint() : skip(wire === 2 ? varint() : wire === 1 ? 8 : 4)]);
  }
  return fields;
}

const all = (message: Buffer, field: number) =>
  fieldsOf(message)
    .filter(([number]) => number === field)
    .map(([, value]) => value as Buffer);
const textAt = (message: Buffer, field: number) => (all(message, field)[0] ?? Buffer.alloc(0)).toString("utf8");

/** ExportTraceServiceRequest > ResourceSpans > ScopeSpans > Span. */
function spansOf(request: Buffer): SpanSeen[] {
  const spans = all(request, 1).flatMap(resource => all(resource, 2).flatMap(scope => all(scope, 2)));
  return spans.map(span => ({
    name: textAt(span, 5),
    traceId: (all(span, 1)[0] ?? Buffer.alloc(0)).toString("hex"),
    kind: Number(fieldsOf(span).find(([number]) => number === 6)?.[1]),
    attributes: Object.fromEntries(
      all(span, 9).map(pair => [textAt(pair, 1), textAt(all(pair, 2)[0] ?? Buffer.alloc(0), 1)]),
    ),
  }));
}
