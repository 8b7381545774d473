/** A module that is called back as often as ours and does nothing: what the two places in Envoy cost by themselves. */
import "../../../assembly/proxywasm/abort";

const room: usize = memory.data(1 << 16);

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_memory_allocate(_size: usize): usize {
  return room;
}

export function proxy_on_context_create(_id: u32, _parent: u32): void {}

export function proxy_on_vm_start(_id: u32, _size: usize): u32 {
  return 1;
}

export function proxy_on_configure(_id: u32, _size: usize): u32 {
  return 1;
}

export function proxy_on_request_headers(_id: u32, _count: u32, _end: u32): u32 {
  return 0;
}

export function proxy_on_request_body(_id: u32, _size: usize, _end: u32): u32 {
  return 0;
}

export function proxy_on_response_headers(_id: u32, _count: u32, _end: u32): u32 {
  return 0;
}

export function proxy_on_response_body(_id: u32, _size: usize, _end: u32): u32 {
  return 0;
}

export function proxy_on_log(_id: u32): void {}

export function proxy_on_delete(_id: u32): void {}
