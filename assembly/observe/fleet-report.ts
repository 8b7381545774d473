/** How this gateway stands with its fleets, for `GET /status`. */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { NS_PER_MS } from "../text/time-units";
import { Writer } from "../text/writer";
import { FleetBoard } from "../fleet/fleet-state";
import { StoreFault, faultWords } from "../fleet/store-fault";

const NAME = Bytes.of("name");
const GATEWAY = Bytes.of("gateway");
const STATE = Bytes.of("state");
const STATES: Bytes[] = Bytes.ofAll(["in-step", "joining", "alone"]);
const WHY = Bytes.of("why");
const SINCE = Bytes.of("sinceMs");
const HEARD = Bytes.of("heardMs");
const STRANGERS = Bytes.of("unsigned");
const GATEWAYS = Bytes.of("gateways");
const SEEN = Bytes.of("seen");
const AGO = Bytes.of("agoMs");

const idRoom: usize = memory.data(16);
const number: usize = memory.data(8);
const id = new Writer();

/** After `board.read`. */
export function writeFleet(json: JsonWriter, board: FleetBoard, now: u64): void {
  const state = board.state;
  const fault = state.fault;
  json.openObject();
  json.key(NAME).text(board.config.name);
  json.key(GATEWAY);
  writeGatewayId(json, board.gateway);
  json.key(STATE).text(STATES[fault == StoreFault.None ? 0 : fault == StoreFault.Joining ? 1 : 2]);
  json.key(WHY).text(faultWords(fault));
  json.key(SINCE).number(age(state.since != 0 ? state.since : board.started, now));
  json.key(HEARD).number(state.heardAt != 0 ? age(state.heardAt, now) : -1);
  json.key(STRANGERS).number(state.strangers);
  json.key(GATEWAYS).number(state.gateways);
  json.key(SEEN).openArray();
  for (let i: usize = 0; i < <usize>state.listed; i++) {
    const at = state.list + 16 * i;
    json.openObject();
    json.key(GATEWAY);
    writeGatewayId(json, load<u64>(at));
    json.key(AGO).number(age(load<u64>(at, 8), now));
    json.closeObject();
  }
  json.closeArray();
  json.closeObject();
}

/** 16 hex digits; empty: none. */
export function writeGatewayId(json: JsonWriter, gateway: u64): void {
  id.into(idRoom, 16);
  store<u64>(number, bswap<u64>(gateway));
  if (gateway != 0) id.hex(number, 8);
  json.string(id.ptr, id.len);
}

function age(from: u64, to: u64): i64 {
  return to > from ? <i64>((to - from) / NS_PER_MS) : 0;
}
