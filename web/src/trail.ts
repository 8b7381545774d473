/** The trail header, taken apart: `qwen/team-a;status=401;cause=credential;ms=12, deepseek/main;status=200;ms=640`. */
export interface TrailStep {
  hop: string;
  status: number;
  cause: string;
  ms: number;
  isForced: boolean;
}

export function readTrail(header: string): TrailStep[] {
  return header
    .split(", ")
    .filter(member => member !== "")
    .map(member => {
      const [hop = "", ...parameters] = member.split(";");
      const values = new Map(parameters.map(parameter => parameter.split("=", 2) as [string, string | undefined]));
      return {
        hop: hop.replace(/^"|"$/g, ""),
        status: Number(values.get("status") ?? 0),
        cause: values.get("cause") ?? "",
        ms: Number(values.get("ms") ?? 0),
        isForced: values.has("forced"),
      };
    });
}

/** The calls of a model that can be tried, each with the body that asks this. */
export const TRIED: { path: string; body: (model: string, message: string) => Record<string, unknown> }[] = [
  {
    path: "/v1/chat/completions",
    body: (model, content) => ({ model, messages: [{ role: "user", content }] }),
  },
  { path: "/v1/responses", body: (model, input) => ({ model, input }) },
  {
    path: "/v1/messages",
    body: (model, content) => ({ model, max_tokens: 1024, messages: [{ role: "user", content }] }),
  },
];

interface Part {
  text?: string;
}

/** As far as these pages read an answer, or an event of one. */
interface Answer {
  type?: string;
  choices?: { message?: { content?: string }; delta?: { content?: string } }[];
  content?: Part[];
  output?: { content?: Part[] }[];
  delta?: string | Part;
  error?: { message?: string };
}

/** The words of an answer as they come: of a stream its pieces, else the whole text of a plain answer. */
export function answerText(body: string, isStream: boolean): string {
  if (!isStream) {
    const answer = readJson(body);
    if (answer === undefined) return body;
    const { choices, content, output, error } = answer;
    const parts = content ?? output?.flatMap(({ content = [] }) => content);
    return choices?.[0]?.message?.content ?? parts?.map(({ text = "" }) => text).join("") ?? error?.message ?? body;
  }
  const pieces = [...body.matchAll(/^data: (.*)$/gm)].map(([, data]) => pieceOf(readJson(data!)));
  return pieces.length > 0 ? pieces.join("") : answerText(body, false);
}

function pieceOf(event: Answer | undefined): string {
  if (event === undefined) return "";
  const { type = "", choices, delta, error } = event;
  if (error?.message) return `\n[${error.message}]`;
  if (choices !== undefined) return choices[0]?.delta?.content ?? "";
  if (typeof delta === "string") return type === "response.output_text.delta" ? delta : "";
  return delta?.text ?? "";
}

function readJson(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}
