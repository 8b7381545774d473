import { anthropic } from "./anthropic.js";
import { compatible } from "./compatible.js";
import { openai } from "./openai.js";
import { responses } from "./responses.js";
import { data, type Recorded } from "./shape.js";

const speech = data(
  { type: "speech.audio.delta", audio: "UklGRg==" },
  { type: "speech.audio.done", usage: { total_tokens: 3 } },
);

export const recorded: Recorded[] = [
  ...openai,
  ...compatible,
  ...anthropic,
  ...responses,
  { provider: "OpenAI's speech", dialect: "other", text: speech, events: 2, content: 0 },
];

/** Each event with its blank line, comments among them. */
export const eventsOf = (text: string) => text.split(/(?<=\r\n\r\n|\n\n)/);

export function recordedBy(provider: string): Recorded {
  const found = recorded.find(one => one.provider === provider);
  if (!found) throw new Error(`nothing is recorded of ${provider}`);
  return found;
}
