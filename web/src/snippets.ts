/** A line that works in a terminal. */
export const curlText = (address: string, model: string, message: string): string => {
  const body = `{"model": ${JSON.stringify(model)}, "messages": ${messagesOf(message)}}`;
  return `curl ${address}/v1/chat/completions -H 'content-type: application/json' \\\n  -d '${body.replaceAll("'", "'\\''")}'`;
};

const messagesOf = (message: string): string => `[{"role": "user", "content": ${JSON.stringify(message)}}]`;

/** The same request from a person's own code, with the gateway's real address. */
export function snippets(address: string, model: string, message: string): { name: string; text: string }[] {
  const question = messagesOf(message);
  const name = JSON.stringify(model);
  const word = /^[\w.:/-]+$/.test(model) ? model : `'${model.replaceAll("'", "'\\''")}'`;
  return [
    {
      name: "curl",
      text: curlText(address, model, message),
    },
    {
      name: "OpenAI (Python)",
      text: `from openai import OpenAI\n\nclient = OpenAI(base_url="${address}/v1", api_key="any")\nanswer = client.chat.completions.create(model=${name}, messages=${question})\nprint(answer.choices[0].message.content)`,
    },
    {
      name: "OpenAI (JavaScript)",
      text: `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${address}/v1", apiKey: "any" });\nconst answer = await client.chat.completions.create({ model: ${name}, messages: ${question} });\nconsole.log(answer.choices[0].message.content);`,
    },
    {
      name: "Anthropic (Python)",
      text: `from anthropic import Anthropic\n\nclient = Anthropic(base_url="${address}", api_key="any")\nanswer = client.messages.create(model=${name}, max_tokens=1024, messages=${question})\nprint(answer.content[0].text)`,
    },
    {
      name: "LangChain",
      text: `from langchain_openai import ChatOpenAI\n\nmodel = ChatOpenAI(base_url="${address}/v1", api_key="any", model=${name})\nprint(model.invoke(${JSON.stringify(message)}).content)`,
    },
    { name: "Claude Code", text: `ANTHROPIC_BASE_URL=${address} ANTHROPIC_AUTH_TOKEN=any claude --model ${word}` },
    { name: "Codex", text: `OPENAI_BASE_URL=${address}/v1 OPENAI_API_KEY=any codex --model ${word}` },
  ];
}
