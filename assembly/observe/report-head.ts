import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { Span } from "../text/span";

const VERSION = Bytes.of("version");
const ENVOY = Bytes.of("envoy");
const GATEWAY = Bytes.of("gateway");
const NOW = Bytes.of("now");
const FIRST_SIZE: usize = 16 << 10;

/** Opens a report, in memory of its own: the version of its format, those of the gateway and of Envoy (null: left out), and the wall clock. */
export function openReport(json: JsonWriter, version: i64, gateway: Bytes, envoy: Span | null, unixMs: i64): void {
  json.out.intoOwn(FIRST_SIZE);
  json.start().openObject();
  json.key(VERSION).number(version);
  json.key(GATEWAY).openObject();
  json.key(VERSION).text(gateway);
  if (envoy !== null) json.key(ENVOY).string(envoy.ptr, envoy.len);
  json.closeObject();
  json.key(NOW).number(unixMs);
}
