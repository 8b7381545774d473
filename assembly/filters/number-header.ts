/** A number as a header's value. */
import * as host from "../proxywasm/host";
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";

const scratch: usize = memory.data(24);
const writer = new Writer();

export function setNumber(map: host.HeaderMap, name: Bytes, value: u64): void {
  writer.into(scratch, 24);
  writer.decimal(value);
  host.setHeader(map, name, writer.ptr, writer.len);
}
