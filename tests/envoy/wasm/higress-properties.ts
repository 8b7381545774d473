/** A filter before ours that makes a stock Envoy look like Higress: it gives streams the properties that only Higress still has. */
import * as env from "../../../assembly/proxywasm/env";

const OUT = memory.data(8);
const room: usize = memory.data(1 << 12);

class Name {
  constructor(
    readonly theirs: string,
    readonly ours: string,
  ) {}
}
const NAMES: Name[] = [new Name("xds\0cluster_name", "cluster_name"), new Name("xds\0route_name", "route_name")];

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_memory_allocate(_size: usize): usize {
  return room;
}

export function proxy_on_request_headers(_id: u32, _count: u32, _end: u32): u32 {
  for (let i = 0; i < NAMES.length; i++) {
    const theirs = String.UTF8.encode(NAMES[i].theirs);
    const ours = String.UTF8.encode(NAMES[i].ours);
    if (env.proxy_get_property(changetype<usize>(theirs), theirs.byteLength, OUT, OUT + 4) === 0)
      env.proxy_set_property(changetype<usize>(ours), ours.byteLength, load<usize>(OUT), load<usize>(OUT + 4));
  }
  return 0;
}

export function proxy_on_context_create(_id: u32, _parent: u32): void {}

export function proxy_on_vm_start(_id: u32, _size: usize): u32 {
  return 1;
}

export function proxy_on_configure(_id: u32, _size: usize): u32 {
  return 1;
}
