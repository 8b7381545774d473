/** Every other answer in JSON: it is good unless it is an error. Its streams have no end mark that all providers send. */
import { JsonReader } from "../json/stream-reader";
import { Slot, newTree, watch } from "../json/watched-paths";
import { Fact, Mark, DialectRules, WHOLE } from "./dialect-rules";

function buildTree(): u8 {
  const tree = newTree();
  watch(tree, "error", Fact.Error, Slot.Place);
  watch(tree, "id", 0, Slot.Id);
  watch(tree, "base_resp", 0, Slot.OtherPlace);
  watch(tree, "base_resp.status_code", Fact.HiddenError);
  return tree;
}

function mark(json: JsonReader, otherwise: u32): u32 {
  if (json.facts & Fact.Error) return Mark.Error;
  return json.facts & Fact.HiddenError ? Mark.Error | Mark.Hidden : otherwise;
}

function markEvent(json: JsonReader): u32 {
  return mark(json, Mark.Progress | Mark.Content);
}

function markAnswer(json: JsonReader): u32 {
  return mark(json, WHOLE);
}

export const other = new DialectRules(buildTree(), markEvent, markAnswer);
other.endsInDone = true;
other.isMarkless = true;
