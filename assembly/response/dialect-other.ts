/** Every other answer in JSON: it is good unless it is an error. Its streams have no end mark that all providers send. */
import { JsonReader } from "../json/stream-reader";
import { Slot, newTree, watch } from "../json/watched-paths";
import { Fact, Mark, DialectRules, WHOLE } from "./dialect-rules";

function buildTree(): u8 {
  const tree = newTree();
  watch(tree, "error", Fact.Error, Slot.Place);
  return tree;
}

function markEvent(json: JsonReader): u32 {
  return json.facts & Fact.Error ? Mark.Error : Mark.Progress | Mark.Content;
}

function markAnswer(json: JsonReader): u32 {
  return json.facts & Fact.Error ? Mark.Error : WHOLE;
}

export const other = new DialectRules(buildTree(), markEvent, markAnswer, true, true);
