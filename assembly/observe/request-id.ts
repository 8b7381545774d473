/** A request's id as people see it: "9f86d081a1b2c3d4-17", unique over workers, reloads and gateways. */
import { JsonWriter } from "../text/json-writer";
import { Writer } from "../text/writer";

const number: usize = memory.data(8);
const SIZE: usize = 40;
const room: usize = memory.data(40);
const text = new Writer();

/** `vm` and `serial`: the exchange's identity. */
export function writeRequestId(json: JsonWriter, vm: u64, serial: u64): void {
  store<u64>(number, bswap<u64>(vm));
  text.into(room, SIZE);
  text.hex(number, sizeof<u64>());
  text.byte(0x2d);
  text.decimal(serial);
  json.string(text.ptr, text.len);
}
