/** GET /v1/models and /v1/models/{id}: what the routes serve. The gateway answers by itself. */
import { Char, indexOf } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { decodePercent } from "../text/percent";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { SiteConfig } from "../config/site-config";
import { modelInPath } from "../request/api-paths";
import { MODEL_ROOM } from "../request/request-body";
import * as replies from "../response/replies";
import { Refusal, refuse } from "../response/replies";

const name: usize = memory.data(1024);
const found = new Span();
const CAPACITY: usize = 16 << 10;
const room: usize = memory.data(16384);
const written = new Writer();

const ID = Bytes.of('{"id":');
const BEHIND_ID = Bytes.of(',"object":"model"');
const OWNED_BY = Bytes.of(',"created":0,"owned_by":');

/** The body of the answer, valid until the next one; null: the path names a model that no route serves. */
export function modelsAnswer(config: SiteConfig, path: Span): Span | null {
  const id = modelInPath(path);
  if (id.len == 0) return found.set(config.models.ptr, config.models.len);
  if (id.len > MODEL_ROOM) return null;
  const size = decode(id);
  return entryOf(config, size);
}

function decode(id: Span): usize {
  let size: usize = 0;
  let at: usize = 0;
  while (at < id.len) {
    const c = <i32>load<u8>(id.ptr + at);
    const decoded = c == Char.Percent && at + 3 <= id.len ? decodePercent(id.ptr + at) : -1;
    store<u8>(name + size++, decoded < 0 ? c : decoded);
    at += decoded < 0 ? 1 : 3;
  }
  return size;
}

/** As the list has it; what only a predicate serves has its route as its owner. */
function entryOf(config: SiteConfig, size: usize): Span | null {
  const list = config.models;
  written.into(room, CAPACITY).text(ID);
  written.jsonString(name, size);
  written.text(BEHIND_ID);
  const at = indexOf(list.ptr, list.len, written.ptr, written.len);
  if (at >= 0) {
    let to = <usize>at + written.len;
    while (load<u8>(list.ptr + to) != Char.CloseBrace) to++;
    return found.set(list.ptr + at, to + 1 - at);
  }
  const index = config.routeIndex.routeOf(name, size);
  if (index < 0) return null;
  const route = unchecked(config.routes[index]);
  // A route for everything knows no names but those of the list.
  if (route.predicates.length == 0 && indexOf(list.ptr, list.len, ID.ptr, ID.len) >= 0) return null;
  written.text(OWNED_BY);
  written.jsonString(route.name.ptr, route.name.len);
  written.byte(Char.CloseBrace);
  return found.set(written.ptr, written.len);
}

/** For the model that `modelsAnswer` has looked for last. */
export function refuseModelAsked(path: Span): Refusal {
  const id = modelInPath(path);
  const refusal = refuse(replies.MODEL_UNKNOWN);
  refusal.message.byte(Char.Apostrophe);
  refusal.message.raw(id.ptr, min(id.len, MODEL_ROOM));
  refusal.message.byte(Char.Apostrophe);
  return refusal;
}
