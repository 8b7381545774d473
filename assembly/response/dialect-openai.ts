/**
 * OpenAI's chat completions and completions, and what compatible providers add to them. Streamed answers have `delta` or `text`,
 * plain ones `message` or `text`; a provider that puts one in the other's place is understood.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import { JsonReader } from "../json/stream-reader";
import { Slot, newTree, watch } from "../json/watched-paths";
import { Fact, Mark, DialectRules, EventTypes, WHOLE } from "./dialect-rules";

/** `reasoning_content`: DeepSeek, DashScope; `reasoning`, `reasoning_details`, `images`: OpenRouter. */
const CONTENT = [
  "content",
  "tool_calls",
  "function_call",
  "reasoning_content",
  "reasoning",
  "reasoning_details",
  "refusal",
  "audio",
  "images",
];

/**
 * Finish reasons of an answer that was given up, not finished. `error`: OpenRouter, Mistral; `abort`, `error`: vLLM, SGLang;
 * then DeepSeek's and Zhipu's own.
 */
const GIVEN_UP = new EventTypes().put(Mark.Error, ["error", "abort", "insufficient_system_resource", "network_error"]);

const UNWRAPPED: u32 = Fact.Code | Fact.Message;

function buildTree(): u8 {
  const tree = newTree();
  watch(tree, "error", Fact.Error, Slot.Place);
  watch(tree, "code", Fact.Code);
  watch(tree, "message", Fact.Message);
  watch(tree, "choices", Fact.Answer);
  watch(tree, "choices.*.index", 0, Slot.Highest);
  watch(tree, "choices.*.error", Fact.Error, Slot.Place);
  watch(tree, "choices.*.finish_reason", Fact.Finish, Slot.Status);
  watch(tree, "choices.*.text", Fact.Content);
  for (let i = 0; i < CONTENT.length; i++) {
    watch(tree, "choices.*.delta." + CONTENT[i], Fact.Content);
    watch(tree, "choices.*.message." + CONTENT[i], Fact.Content);
  }
  return tree;
}

function isError(json: JsonReader): bool {
  const facts = json.facts;
  if (facts & Fact.Error || GIVEN_UP.find(json.status, 0)) return true;
  return (facts & (UNWRAPPED | Fact.Answer)) == UNWRAPPED;
}

/** The end is there when every choice (`n`) has its finish reason. Without choices, like an event of usage, it is progress only. */
function markEvent(json: JsonReader): u32 {
  if (isError(json)) return Mark.Error;
  const facts = json.facts;
  let mark: u32 = Mark.Progress;
  if (facts & (Fact.Content | Fact.Finish)) mark |= Mark.Content;
  if (json.statuses > json.highest) mark |= Mark.End;
  return mark;
}

function markAnswer(json: JsonReader): u32 {
  if (isError(json)) return Mark.Error;
  return json.facts & (Fact.Content | Fact.Finish) ? WHOLE : 0;
}

export const openai = new DialectRules(buildTree(), markEvent, markAnswer, true);
