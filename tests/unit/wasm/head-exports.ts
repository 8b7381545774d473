import { Bytes } from "../../../assembly/text/bytes";
import { Writer } from "../../../assembly/text/writer";
import { apiOf, asksForModels } from "../../../assembly/request/api-paths";
import { isOfApi, isOfRouter } from "../../../assembly/request/client-headers";
import { headersIn } from "../../../assembly/http/header-list";
import { pathLength, pathLeadsOut } from "../../../assembly/request/request-path";
import { writeQuery } from "../../../assembly/request/query";
import { readRequestHead } from "../../../assembly/request/request-head";
import { mustNotForward, readResponseHead } from "../../../assembly/response/response-head";

export function alloc(size: usize): usize {
  return heap.alloc(size);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

const writer = new Writer();
const more = [Bytes.of("version"), Bytes.of("mode[]")];
const own = Bytes.of("api-version=1&mode=2");

/** How many of a request's headers go on. */
export function kept(list: usize, len: usize, dialect: i32): i32 {
  const header = headersIn(list, len);
  let count = 0;
  while (header.next())
    if (isOfApi(header.name, header.nameLen, dialect) || isOfRouter(header.name, header.nameLen)) count++;
  return count;
}

/** Reads a request's head as the gateway filter does; what goes on of its query is written to `out`. Answers its length. */
export function request(list: usize, len: usize, out: usize, room: usize): usize {
  const head = readRequestHead(list, len);
  const api = apiOf(head.method, head.path, head.hasVersion);
  writer.into(out, room);
  if (pathLeadsOut(head.path) || asksForModels(head.method, head.path)) return 0;
  const size = pathLength(head.path.ptr, head.path.len);
  writeQuery(writer, head.path.ptr + size, head.path.len - size, api.isModelCall, more, own);
  return writer.hasOverflowed ? -1 : writer.len;
}

/** The same of an answer's head. Answers how many of its headers go on. */
export function response(list: usize, len: usize): i32 {
  readResponseHead(list, len, (): i64 => 1764072000000);
  const header = headersIn(list, len);
  let count = 0;
  while (header.next()) if (!mustNotForward(header.name, header.nameLen)) count++;
  return count;
}
