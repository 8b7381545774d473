/** `fleet`: the store through which gateways share what they know. */
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { digest } from "../text/sha256";
import { Fields, show } from "./fields";
import { nameOf } from "./identifiers";
import { addMistake, addWarning } from "./mistakes";
import { expand } from "./environment";
import { FleetConfig } from "./fleet-config";
import { parseStoreUrl } from "./store-url";
import { Value } from "./json-tree";

/** The cluster that the tool renders; no provider can have this name. */
const CLUSTER = "_fleet";
const LEAST_INTERVAL = 100;
const MOST_INTERVAL = 60000;
const MOST_START = 60000;
const SHORTEST_SECRET = 16;
const DIGEST_SIZE = 32;
const scratch: usize = memory.data(32);

/** null: there is none, or it has mistakes. */
export function readFleet(member: Value | null): FleetConfig | null {
  if (member === null) return null;
  if (member.kind != Kind.Object) {
    addMistake(member.path, show(member), "an object with url and name");
    return null;
  }
  const fields = new Fields(member);
  const fleet = new FleetConfig();
  const name = fields.take("name");
  if (name === null) addMistake(fields.pathOf("name"), "nothing", "the name that all gateways of the fleet have");
  const nameText = name === null ? "" : nameOf(name);
  fleet.name = Bytes.of(nameText);
  const cluster = fields.text("cluster", "");
  fleet.cluster = Bytes.of(cluster != "" ? cluster : CLUSTER);
  const password = readUrl(fields, fleet);
  fleet.interval = fields.duration("interval", 1000, LEAST_INTERVAL);
  if (fleet.interval > MOST_INTERVAL) addMistake(fields.pathOf("interval"), `${fleet.interval}ms`, "at most 1m");
  fleet.startTimeout = fields.duration("startTimeout", 1000, 0);
  if (fleet.startTimeout > MOST_START)
    addMistake(fields.pathOf("startTimeout"), `${fleet.startTimeout}ms`, "at most 1m");
  fields.take("caFile");
  const secret = readSecret(fields);
  fields.finish();
  if (secret == "" && password == "")
    addWarning(fields.pathOf("secret"), "none: who can read the store can guess which models and providers are out");
  makeKeys(fleet, nameText, secret != "" ? `secret ${secret}` : `password ${password}`);
  return fleet;
}

/** The password, with its variables put in. */
function readUrl(fields: Fields, fleet: FleetConfig): string {
  const path = fields.pathOf("url");
  const member = fields.take("url");
  if (member === null) {
    addMistake(path, "nothing", URL_RULE);
    return "";
  }
  if (member.kind != Kind.String) {
    addMistake(path, show(member), URL_RULE);
    return "";
  }
  const url = parseStoreUrl(member.text);
  if (url.fault != "") {
    addMistake(path, url.fault, URL_RULE);
    return "";
  }
  const user = expand(url.user);
  const password = expand(url.password);
  if (user.found != "") addMistake(path, user.found, user.allowed);
  if (password.found != "") addMistake(path, password.found, password.allowed);
  fleet.user = Bytes.of(user.text);
  fleet.password = Bytes.of(password.text);
  fleet.database = <i32>url.database;
  return password.text;
}

const URL_RULE = '"redis://host:6379" or "rediss://user:${NAME}@host:6379/0"';

function readSecret(fields: Fields): string {
  const member = fields.take("secret");
  if (member === null) return "";
  if (member.kind != Kind.String) {
    addMistake(member.path, show(member), 'text, best "${NAME}"');
    return "";
  }
  const secret = expand(member.text);
  if (secret.found != "") addMistake(member.path, secret.found, secret.allowed);
  else if (secret.text.length < SHORTEST_SECRET)
    addMistake(member.path, "a secret that can be guessed", `at least ${SHORTEST_SECRET} characters`);
  return secret.text;
}

/** All gateways of a fleet make the same keys. */
function makeKeys(fleet: FleetConfig, name: string, secret: string): void {
  const text = Bytes.of(`ai-failover fleet ${name}\n${secret}`);
  digest(text.ptr, text.len, scratch);
  fleet.nameKey0 = load<u64>(scratch);
  fleet.nameKey1 = load<u64>(scratch, 8);
  fleet.signKey0 = load<u64>(scratch, 16);
  fleet.signKey1 = load<u64>(scratch, 24);
  // Of the keys only a hash stands in a key of shared data.
  const keys = Bytes.copy(scratch, DIGEST_SIZE);
  digest(keys.ptr, keys.len, scratch);
  let tag = "";
  for (let i: usize = 0; i < 8; i++) {
    const c = <i32>load<u8>(scratch + i);
    tag += (c >> 4).toString(16) + (c & 15).toString(16);
  }
  fleet.tag = tag;
  memory.fill(scratch, 0, DIGEST_SIZE);
}
