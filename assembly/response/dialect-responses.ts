/**
 * OpenAI's Responses. Most types of events carry content and new ones come often, so those that do not are listed.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import { JsonReader } from "../json/stream-reader";
import { Slot, hashOf, newTree, watch } from "../json/watched-paths";
import { Fact, Mark, DialectRules, EventTypes, STOPPED, WHOLE } from "./dialect-rules";

const EVENTS = new EventTypes()
  .put(Mark.Progress, [
    "response.created",
    "response.queued",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
  ])
  // The second is vLLM's word for the same.
  .put(Mark.Progress | Mark.Sign, ["response.reasoning_summary_part.added", "response.reasoning_part.added"])
  .put(0, ["ping", "keepalive"])
  .put(STOPPED, ["response.completed"])
  .put(WHOLE, ["response.incomplete"])
  .put(Mark.Error, ["response.failed", "error"])
  .put(Mark.Error | Mark.Hidden, ["response.cancelled"]);

/** `status` of a plain answer; a background one is answered before it is done. */
const STATUSES = new EventTypes()
  .put(STOPPED, ["completed"])
  .put(WHOLE, ["incomplete", "in_progress", "queued"])
  .put(Mark.Error, ["failed", "cancelled"]);

/** Items that begin empty; any other item is a call of a tool. */
const ITEMS = new EventTypes().put(0, ["message"]).put(Mark.Sign, ["reasoning"]);

const NO_TYPE: u64 = 0;
const EMPTY_TYPE = hashOf("");

function buildTree(): u8 {
  const tree = newTree();
  watch(tree, "type", 0, Slot.Type);
  watch(tree, "id", 0, Slot.Id);
  watch(tree, "response.id", 0, Slot.Id);
  watch(tree, "error", Fact.Error, Slot.Place);
  watch(tree, "response.error", Fact.HiddenError, Slot.Place);
  watch(tree, "code", Fact.Code);
  watch(tree, "message", Fact.Message);
  watch(tree, "sequence_number", 0, Slot.Highest);
  watch(tree, "item.type", 0, Slot.Inner);
  watch(tree, "delta", Fact.Content, Slot.None, Fact.Delta);
  watch(tree, "status", 0, Slot.Status);
  watch(tree, "output", Fact.Answer);
  watch(tree, "response.output", Fact.Answer);
  watch(tree, "usage.output_tokens", 0, Slot.Tokens);
  watch(tree, "response.usage.output_tokens", 0, Slot.Tokens);
  watch(tree, "usage.input_tokens", 0, Slot.TokensIn);
  watch(tree, "response.usage.input_tokens", 0, Slot.TokensIn);
  return tree;
}

function markEvent(json: JsonReader): u32 {
  const facts = json.facts;
  if (facts & Fact.Error) return Mark.Error;
  // Nobody looks for one in an event that tells of something else.
  if (facts & Fact.HiddenError) return EVENTS.find(json.type, 0) == Mark.Error ? Mark.Error : Mark.Error | Mark.Hidden;
  const untyped = json.type == NO_TYPE || json.type == EMPTY_TYPE;
  const mark = EVENTS.find(json.type, untyped ? Mark.Progress : Mark.Progress | Mark.Content);
  if ((facts & (Fact.Delta | Fact.Content)) == Fact.Delta) return mark & ~Mark.Content;
  if (mark & Mark.Stop && facts & Fact.Answer) return WHOLE;
  if (mark && json.inner != NO_TYPE) return mark | ITEMS.find(json.inner, Mark.Content);
  return mark;
}

function markAnswer(json: JsonReader): u32 {
  if (json.facts & Fact.Error) return Mark.Error;
  const mark = STATUSES.find(json.status, 0);
  return json.facts & Fact.Answer && !(mark & Mark.Error) ? WHOLE : mark;
}

export const responses = new DialectRules(buildTree(), markEvent, markAnswer);
