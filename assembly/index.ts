/** What Envoy calls; nothing else. The order matters to hosts that take the first ABI they know: Higress's own is named first. */
import "./proxywasm/abort";
import { serve } from "./proxywasm/dispatcher";
import { makeFilter } from "./filters/filter-factory";

/** Lets a held request's body through to us on Higress, as `allow_on_headers_stop_iteration` does on Envoy. */
export function proxy_abi_version_0_2_100(): void {}
export function proxy_abi_version_0_2_1(): void {}

export { allocate as proxy_on_memory_allocate } from "./proxywasm/arena";
export {
  proxy_on_configure,
  proxy_on_context_create,
  proxy_on_delete,
  proxy_on_http_call_response,
  proxy_on_log,
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_request_trailers,
  proxy_on_response_body,
  proxy_on_response_headers,
  proxy_on_response_trailers,
  proxy_on_tick,
  proxy_on_vm_start,
} from "./proxywasm/dispatcher";

serve(makeFilter);
