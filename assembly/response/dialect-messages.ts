/** Anthropic's Messages. https://docs.anthropic.com/en/docs/build-with-claude/streaming */
import { JsonReader } from "../json/stream-reader";
import { Slot, newTree, watch } from "../json/watched-paths";
import { Fact, Mark, DialectRules, EventTypes, WHOLE, watchContent } from "./dialect-rules";

const EVENTS = new EventTypes()
  .put(0, ["ping"])
  .put(Mark.Progress | Mark.End | Mark.Last, ["message_stop"])
  .put(Mark.Error, ["error"]);

/** Blocks that begin empty; any other block is a call of a tool or its result. */
const BLOCKS = new EventTypes().put(0, ["text"]).put(Mark.Sign, ["thinking"]);

/** Of a delta; `stop_reason` counts by itself. */
const NO_CONTENT = ["type", "stop_reason", "stop_sequence", "stop_details", "container", "usage"];

function buildTree(): u8 {
  const tree = newTree();
  watch(tree, "type", 0, Slot.Type);
  watch(tree, "error", Fact.Error, Slot.Place);
  watch(tree, "content_block.type", 0, Slot.Inner);
  watch(tree, "content_block.text", Fact.Content);
  watch(tree, "content_block.thinking", Fact.Content);
  watchContent(tree, "delta", NO_CONTENT);
  watch(tree, "delta.stop_reason", Fact.Finish);
  watch(tree, "content", Fact.Answer);
  watch(tree, "stop_reason", Fact.Finish);
  watch(tree, "usage.input_tokens", 0, Slot.TokensIn);
  watch(tree, "usage.output_tokens", 0, Slot.TokensOut);
  watch(tree, "message.usage.input_tokens", 0, Slot.TokensIn);
  return tree;
}

function markEvent(json: JsonReader): u32 {
  if (json.facts & Fact.Error) return Mark.Error;
  let mark = EVENTS.find(json.type, Mark.Progress);
  if (json.facts & (Fact.Content | Fact.Finish)) mark |= Mark.Content;
  if (json.inner != 0) mark |= BLOCKS.find(json.inner, Mark.Content);
  return mark;
}

function markAnswer(json: JsonReader): u32 {
  if (json.facts & Fact.Error || EVENTS.find(json.type, 0) == Mark.Error) return Mark.Error;
  return json.facts & (Fact.Answer | Fact.Finish) ? WHOLE : 0;
}

export const messages = new DialectRules(buildTree(), markEvent, markAnswer);
messages.isNamed = true;
