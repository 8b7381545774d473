/** One line when a gateway goes on without the store of its fleet, and one when it is back. */
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";
import { StoreFault, faultWords } from "../fleet/store-fault";
import { writeGateway } from "../fleet/store-poll";
import * as host from "../proxywasm/host";

const CAPACITY: usize = 512;
const scratch: usize = memory.data(512);
const line = new Writer();

const FLEET = Bytes.of("fleet ");
const STORE = Bytes.of(": the store ");
const ALONE = Bytes.of("; this gateway goes on with what it knows");
const JOINED = Bytes.of(": joined as gateway ");
const BACK = Bytes.of(": back in step as gateway ");

export function alone(name: Bytes, fault: StoreFault): void {
  begin(name);
  line.text(STORE);
  line.text(faultWords(fault));
  line.text(ALONE);
  host.logBytes(host.LogLevel.Warn, line.ptr, line.len);
}

export function joined(name: Bytes, gateway: u64, before: StoreFault): void {
  begin(name);
  line.text(before == StoreFault.Joining ? JOINED : BACK);
  writeGateway(line, gateway);
  host.logBytes(before == StoreFault.Joining ? host.LogLevel.Info : host.LogLevel.Warn, line.ptr, line.len);
}

function begin(name: Bytes): void {
  line.into(scratch, CAPACITY);
  line.text(FLEET);
  line.text(name);
}
