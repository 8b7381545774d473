/** One streamed call by Vercel's `ai`. Prints what came of it as JSON. Runs where its packages are installed. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText } from "ai";

const [url, model] = process.argv.slice(2);
let said = "";
let error = "";
/** @param {unknown} raised */
const tell = raised =>
  (error ||= raised instanceof Error ? `${raised.name}: ${raised.message}` : JSON.stringify(raised));
try {
  const provider = createOpenAICompatible({ name: "gateway", baseURL: `${url}/v1`, apiKey: "none" });
  const result = streamText({
    ...{ model: provider(model), prompt: "Hello", maxRetries: 0 },
    onError: ({ error }) => {
      tell(error);
    },
  });
  for await (const text of result.textStream) said += text;
} catch (raised) {
  tell(raised);
}
console.log(JSON.stringify({ said, error }));
