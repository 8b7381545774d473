/** Numbers and names of Proxy-Wasm ABI 0.2.1, as proxy-wasm-cpp-host has them. */

export enum Status {
  Ok = 0,
  NotFound = 1,
  BadArgument = 2,
  Empty = 7,
  CasMismatch = 8,
  InternalFailure = 10,
}

export enum MapType {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  CalloutHeaders = 6,
  CalloutTrailers = 7,
}

export enum BufferType {
  RequestBody = 0,
  ResponseBody = 1,
  CalloutBody = 4,
  VmConfiguration = 6,
  PluginConfiguration = 7,
}

/** What a headers callback answers. */
export enum HeadersStatus {
  Continue = 0,
  StopIteration = 1,
  StopAllIterationAndWatermark = 4,
}

/** What a body callback answers. */
export enum BodyStatus {
  Continue = 0,
  StopAndBuffer = 1,
  StopAndWatermark = 2,
  StopNoBuffer = 3,
}

/** Bits of `response.flags`, as measured (docs/envoy-facts.md, 4.3). */
export const Flag = {
  NoHealthyUpstream: 0x2n,
  ResponseTimeout: 0x4n,
  ConnectFailure: 0x20n,
  UpstreamTermination: 0x40n,
  Overflow: 0x80n,
  NoRoute: 0x100n,
  DownstreamDisconnect: 0x4000n,
  RetryLimit: 0x8000n,
  UpstreamReset: 0x800000n,
  NoCluster: 0x1000000n,
} as const;

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** What a module of ABI 0.2.1 may import from "env" (cpp-host wasm.cc, registerCallbacks); anything else refuses the module. */
export const HOST_FUNCTIONS = words(`
  proxy_log proxy_get_log_level proxy_get_status proxy_set_property proxy_get_property proxy_send_local_response
  proxy_continue_stream proxy_close_stream proxy_get_shared_data proxy_set_shared_data proxy_register_shared_queue
  proxy_resolve_shared_queue proxy_dequeue_shared_queue proxy_enqueue_shared_queue proxy_get_header_map_value
  proxy_add_header_map_value proxy_replace_header_map_value proxy_remove_header_map_value proxy_get_header_map_pairs
  proxy_set_header_map_pairs proxy_get_header_map_size proxy_get_buffer_status proxy_get_buffer_bytes
  proxy_set_buffer_bytes proxy_http_call proxy_grpc_call proxy_grpc_stream proxy_grpc_close proxy_grpc_cancel
  proxy_grpc_send proxy_set_tick_period_milliseconds proxy_get_current_time_nanoseconds proxy_define_metric
  proxy_increment_metric proxy_record_metric proxy_get_metric proxy_set_effective_context proxy_done
  proxy_call_foreign_function emscripten_notify_memory_growth pthread_equal
`);

/** What every version from 1.27 on offers as "wasi_snapshot_preview1". */
export const WASI_FUNCTIONS = words(`
  fd_write fd_read fd_seek fd_close fd_fdstat_get fd_prestat_get fd_prestat_dir_name path_open environ_get
  environ_sizes_get args_get args_sizes_get clock_time_get random_get proc_exit
`);

/** All that a module may call while it starts: there is no context yet. */
export const DURING_START = words(`
  proxy_log proxy_get_log_level proxy_get_current_time_nanoseconds fd_write environ_get environ_sizes_get args_get
  args_sizes_get clock_time_get random_get
`);

/** All that a module may call while the host asks it for memory. */
export const DURING_ALLOCATION = words("proxy_log fd_write clock_time_get");

/** Markers that a host knows; it takes the first of them in the order of the export section. */
export const ABI_MARKERS = {
  envoy: words("proxy_abi_version_0_1_0 proxy_abi_version_0_2_0 proxy_abi_version_0_2_1"),
  higress: words("proxy_abi_version_0_1_0 proxy_abi_version_0_2_0 proxy_abi_version_0_2_1 proxy_abi_version_0_2_100"),
};

export type Flavour = keyof typeof ABI_MARKERS;
