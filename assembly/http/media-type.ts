/** What a content-type says a body is. */
import { Char, equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";

const JSON_NAME = Bytes.of("json");

/** `application/json` and what is built on it, like `application/problem+json`; not x-ndjson or jsonl, which are many documents. */
export function isJson(type: usize, len: usize): bool {
  let end: usize = 0;
  while (end < len && load<u8>(type + end) != Char.Semicolon && load<u8>(type + end) != Char.Space) end++;
  if (end <= JSON_NAME.len || !equalsIgnoreCase(type + end - JSON_NAME.len, JSON_NAME.len, JSON_NAME)) return false;
  const before = <i32>load<u8>(type + end - JSON_NAME.len - 1);
  return before == Char.Slash || before == Char.Plus;
}
