/** One streamed call by LangChain. Prints what came of it as JSON. Runs where its packages are installed. */
import { ChatOpenAI } from "@langchain/openai";

const [url, model] = process.argv.slice(2);
let said = "";
let error = "";
try {
  const chat = new ChatOpenAI({ model, apiKey: "none", maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
  for await (const chunk of await chat.stream("Hello")) said += chunk.text;
} catch (raised) {
  error = raised instanceof Error ? `${raised.constructor.name}: ${raised.message}` : String(raised);
}
console.log(JSON.stringify({ said, error }));
