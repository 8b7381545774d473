/**
 * The host's functions, one to one. The file's name is the import module's name, so no decorator is needed.
 * Only what stock Envoy offers to ABI 0.2.1 (proxy-wasm-cpp-host, exports.cc).
 */
export declare function proxy_log(level: i32, message: usize, size: usize): i32;
export declare function proxy_get_log_level(level: usize): i32;
export declare function proxy_get_buffer_bytes(type: i32, start: usize, length: usize, ptr: usize, size: usize): i32;
export declare function proxy_set_buffer_bytes(type: i32, start: usize, length: usize, ptr: usize, size: usize): i32;
export declare function proxy_get_header_map_pairs(type: i32, ptr: usize, size: usize): i32;
export declare function proxy_get_header_map_value(type: i32, key: usize, keySize: usize, ptr: usize, size: usize): i32;
export declare function proxy_replace_header_map_value(
  type: i32,
  key: usize,
  keySize: usize,
  value: usize,
  valueSize: usize,
): i32;
export declare function proxy_remove_header_map_value(type: i32, key: usize, keySize: usize): i32;
export declare function proxy_get_property(path: usize, pathSize: usize, ptr: usize, size: usize): i32;
export declare function proxy_set_property(path: usize, pathSize: usize, value: usize, valueSize: usize): i32;
export declare function proxy_get_shared_data(key: usize, keySize: usize, ptr: usize, size: usize, cas: usize): i32;
export declare function proxy_set_shared_data(
  key: usize,
  keySize: usize,
  value: usize,
  valueSize: usize,
  cas: u32,
): i32;
export declare function proxy_http_call(
  upstream: usize,
  upstreamSize: usize,
  headers: usize,
  headersSize: usize,
  body: usize,
  bodySize: usize,
  trailers: usize,
  trailersSize: usize,
  timeoutMs: u32,
  token: usize,
): i32;
export declare function proxy_send_local_response(
  status: u32,
  details: usize,
  detailsSize: usize,
  body: usize,
  bodySize: usize,
  headers: usize,
  headersSize: usize,
  grpcStatus: i32,
): i32;
export declare function proxy_continue_stream(type: i32): i32;
export declare function proxy_close_stream(type: i32): i32;
export declare function proxy_set_effective_context(id: u32): i32;
export declare function proxy_set_tick_period_milliseconds(period: u32): i32;
export declare function proxy_define_metric(type: i32, name: usize, nameSize: usize, id: usize): i32;
export declare function proxy_increment_metric(id: u32, offset: i64): i32;
export declare function proxy_record_metric(id: u32, value: u64): i32;
export declare function proxy_get_metric(id: u32, value: usize): i32;
