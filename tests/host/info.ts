/** What Envoy knows of one client stream: the source of properties, and filter state. */

/** Of the attempt that runs; anew for each. */
export interface UpstreamInfo {
  address: string | undefined;
  /** Not there until the connection stands. */
  localAddress: string | undefined;
  transportFailure: string | undefined;
  /** ns from the start of the stream to a ready connection. */
  poolReadyNs: bigint | undefined;
}

export const noUpstream = (): UpstreamInfo => ({
  ...{ address: undefined, localAddress: undefined, transportFailure: undefined, poolReadyNs: undefined },
});

export class StreamInfo {
  /** Keys with "wasm." in front. */
  readonly filterState = new Map<string, Buffer>();
  flags = 0n;
  details = "";
  /** Status of the answer that goes to the client. */
  code = 0;
  /** Of the client, with its port. */
  source = "";
  protocol = "";
  cluster: string | undefined;
  route: string | undefined;
  attempts = 0;
  upstream = noUpstream();

  /** `legacy`: also the names that hosts before 1.33 had. */
  constructor(private readonly legacy: boolean) {}

  property([first = "", ...rest]: string[]): Buffer | undefined {
    const path = [first, ...rest].join(".");
    if (first === "filter_state") return this.filterState.get(rest.join("."));
    if (this.legacy && path === "cluster_name") return text(this.cluster);
    if (this.legacy && path === "route_name") return text(this.route);
    const read = PROPERTIES[path];
    if (read) return read(this);
    return rest.length === 0 ? this.filterState.get(`wasm.${first}`) : undefined;
  }
}

const text = (value: string | undefined): Buffer | undefined => (value === undefined ? undefined : Buffer.from(value));

function int64(value: bigint | undefined): Buffer | undefined {
  if (value === undefined) return undefined;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

const PROPERTIES: Record<string, (info: StreamInfo) => Buffer | undefined> = {
  "xds.cluster_name": info => text(info.cluster),
  "xds.route_name": info => text(info.route),
  "request.protocol": info => text(info.protocol),
  "source.address": info => text(info.source),
  "response.code_details": info => text(info.details || undefined),
  "response.flags": info => int64(info.flags),
  "response.code": info => int64(info.code === 0 ? undefined : BigInt(info.code)),
  "upstream.address": info => text(info.upstream.address),
  "upstream.local_address": info => text(info.upstream.localAddress),
  "upstream.transport_failure_reason": info => text(info.upstream.transportFailure),
  "upstream.cx_pool_ready_duration": info => int64(info.upstream.poolReadyNs),
  "upstream.request_attempt_count": info => int64(BigInt(info.attempts)),
};
