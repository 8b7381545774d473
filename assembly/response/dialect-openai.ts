/**
 * OpenAI's chat completions and completions, and what compatible providers add to them. Streamed answers have `delta` or `text`,
 * plain ones `message` or `text`; a provider that puts one in the other's place is understood.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import { JsonReader } from "../json/stream-reader";
import { Slot, hashOf, newTree, treeWith, watch } from "../json/watched-paths";
import { Fact, Mark, DialectRules, EventTypes, STOPPED, WHOLE, watchContent } from "./dialect-rules";

/**
 * Members of a message or a delta that say nothing of an answer by themselves. Everything else does: providers invent names for
 * thoughts (`reasoning_content`, `reasoning_text`, `thinking_blocks`, `tool_plan` ...). `context`, `end_turn`: Azure's, with what was
 * found before the model begins; `prefix`: Mistral; `provider_specific_fields`: LiteLLM.
 */
const NO_CONTENT = (
  "role name index id object type status usage metadata logprobs annotations " +
  "content_filter_results content_filter_offsets obfuscation context end_turn prefix recipient provider_specific_fields finish_reason stop_reason"
).split(" ");

/**
 * Finish reasons of an answer that was given up, not finished. `error`: OpenRouter, Mistral, vLLM; `abort`: vLLM, SGLang; `cancelled`,
 * `timeout`: TensorRT-LLM; `ERROR`, `TIMEOUT`: Cohere; DeepSeek's and Zhipu's own; then what relays write in their place.
 */
const GIVEN_UP = new EventTypes().put(
  Mark.Error,
  (
    "error abort cancelled timeout ERROR TIMEOUT insufficient_system_resource network_error " +
    "aborted canceled cancel failed server_error internal_error upstream_error disconnected interrupted"
  ).split(" "),
);
const STOP = hashOf("stop");

const UNWRAPPED: u32 = Fact.Code | Fact.Message;

function buildTree(): u8 {
  const tree = newTree();
  watch(tree, "error", Fact.Error, Slot.Place);
  // Gemini's: a list of one.
  watch(tree, "*.error", Fact.HiddenError, Slot.OtherPlace);
  watch(tree, "code", Fact.Code);
  watch(tree, "message", Fact.Message);
  watch(tree, "choices", Fact.Answer);
  watch(tree, "choices.*.index", 0, Slot.Highest);
  watch(tree, "choices.*.error", Fact.HiddenError, Slot.OtherPlace);
  watch(tree, "choices.*.finish_reason", Fact.Finish, Slot.Status);
  // SGLang's.
  watch(tree, "choices.*.finish_reason.type", Fact.Finish, Slot.Status);
  watch(tree, "choices.*.text", Fact.Content);
  watchContent(tree, "choices.*.delta", NO_CONTENT);
  watchContent(tree, "choices.*.message", NO_CONTENT);
  watch(tree, "usage.completion_tokens", 0, Slot.Tokens);
  watch(tree, "usage.prompt_tokens", 0, Slot.TokensIn);
  // MiniMax: 0 where all is well.
  watch(tree, "base_resp", 0, Slot.OtherPlace);
  watch(tree, "base_resp.status_code", Fact.HiddenError);
  // Tencent's own API.
  watch(tree, "Response.Error", Fact.HiddenError, Slot.OtherPlace);
  return tree;
}

/** As a mark; 0: it is none. */
function errorIn(json: JsonReader): u32 {
  const facts = json.facts;
  if (facts & Fact.Error) return Mark.Error;
  if (facts & Fact.HiddenError || GIVEN_UP.find(json.status, 0)) return Mark.Error | Mark.Hidden;
  return (facts & (UNWRAPPED | Fact.Answer)) == UNWRAPPED ? Mark.Error | Mark.Hidden : 0;
}

/** The end is there when every choice (`n`) has its finish reason. Without choices, like an event of usage, it is progress only. */
function markEvent(json: JsonReader): u32 {
  const error = errorIn(json);
  if (error) return error;
  const facts = json.facts;
  let mark: u32 = Mark.Progress;
  if (facts & Fact.Content) mark |= Mark.Content;
  else if (facts & Fact.Finish) mark |= json.status == STOP ? Mark.Stop : Mark.Content;
  if (json.statuses > json.highest) mark |= Mark.End;
  return mark;
}

function markAnswer(json: JsonReader): u32 {
  const error = errorIn(json);
  if (error) return error;
  if (json.facts & Fact.Content) return WHOLE;
  return json.facts & Fact.Finish ? (json.status == STOP ? STOPPED : WHOLE) : 0;
}

export const openai = new DialectRules(buildTree(), markEvent, markAnswer);
openai.endsInDone = true;
openai.treeOfKept = treeWith(openai.tree, "id", Slot.Id);
