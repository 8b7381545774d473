/** One request of a chaos client, and what must be true of its answer. */
import { Agent, request } from "node:http";
import { answerOf, type Answer, type Gateway } from "../envoy/running-gateway.js";
import type { Random } from "../fuzz/random.js";

export interface Visit {
  mark: string;
  dialect: "chat" | "messages";
  stream: boolean;
  /** Its route holds an answer until it is whole: then nothing may ever break. */
  held: boolean;
  started: number;
  ended: number;
  /** Null: the client left, or the connection broke before an answer. */
  answer: Answer | null;
  left: boolean;
  /** It was given up: no time limit of the gateway is so long. */
  hung: boolean;
}

/** Above the routes' `timeout`, ms. */
export const LONGEST = 90_000;

let marks = 0;

const agent = new Agent({ keepAlive: true });

/**
 * By node:http, which says whether an answer came whole. A listener that drains answers "connection: close", and there Node's fetch takes
 * a broken transfer for the end of the answer (facts 21.6).
 */
function ask(url: string, body: object, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", agent, signal, headers: { "content-type": "application/json" } });
    asked.on("error", reject).on("response", response => {
      let text = "";
      const end = () => {
        const headers = new Headers(response.headers as Record<string, string>);
        resolve(answerOf(response.statusCode!, headers, text, !response.complete));
      };
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", () => undefined).on("close", end);
    });
    asked.end(JSON.stringify(body));
  });
}

/** Asks once. */
export async function visit(gateway: Gateway, random: Random): Promise<Visit> {
  const mark = `mark-${++marks}-${random(1e9).toString(36)}`;
  const dialect = random(2) === 0 ? "chat" : "messages";
  const stream = random(2) === 0;
  const held = random(3) === 0;
  const leaves = random(20) === 0;
  const controller = new AbortController();
  const content = "x".repeat(random(8) === 0 ? 20_000 : random(50));
  const body = { model: `${held ? "held" : "open"}-${mark}`, stream, messages: [{ role: "user", content }] };
  const path = dialect === "chat" ? "/v1/chat/completions" : "/v1/messages";
  const started = performance.now();
  const clock = setTimeout(() => controller.abort(), leaves ? random(400) : LONGEST);
  const asked = dialect === "chat" ? body : { ...body, max_tokens: 100 };
  const answer = await ask(gateway.url + path, asked, controller.signal).catch(() => null);
  clearTimeout(clock);
  const isOver = controller.signal.aborted;
  const ended = performance.now();
  return {
    ...{ mark, dialect, stream, held, started, ended, answer },
    left: leaves && isOver,
    hung: !leaves && isOver,
  };
}

/** What an answer is: whole, a failure that its client is told of, or what must never be. */
export type Judgement = "whole" | "told" | "none" | `wrong: ${string}`;

export function judge({ mark, dialect, stream, answer, left, hung }: Visit): Judgement {
  if (hung) return "wrong: it hangs";
  if (answer === null) return "none";
  const strange = [...answer.text.matchAll(/mark-\d+-[0-9a-z]+/g)].find(([found]) => found !== mark);
  if (strange) return `wrong: holds ${strange[0]} of another request`;
  if (answer.status !== 200 || answer.broken || left) return "told";
  const words = dialect === "chat" ? answer.words : wordsOfMessage(answer.text);
  const isEnded =
    !stream || (dialect === "chat" ? answer.text.includes("[DONE]") : answer.text.includes("message_stop"));
  const tellsError = /"error"\s*:|event: error/.test(answer.text);
  const count = words.match(/Hello from /g)?.length ?? 0;
  if (count > 1) return "wrong: two answers in one";
  const isWhole = isEnded && new RegExp(`^Hello from \\w+, model \\S*${mark}, token \\d+\\.$`).test(words);
  if (isWhole && !tellsError) return "whole";
  if (isWhole) return "wrong: an error beside a whole answer";
  return tellsError ? "told" : `wrong: a truncated answer as a success: ${JSON.stringify(answer.text.slice(-200))}`;
}

/** The text of a message of Anthropic's API: of its events, or of its one document. */
function wordsOfMessage(text: string): string {
  const documents = text.startsWith("{")
    ? [text]
    : text
        .split("\n")
        .filter(line => line.startsWith("data: {"))
        .map(line => line.slice(6));
  return documents
    .map(document => {
      try {
        const { content, delta } = JSON.parse(document) as { content?: { text?: string }[]; delta?: { text?: string } };
        return content?.map(({ text = "" }) => text).join("") ?? delta?.text ?? "";
      } catch {
        return "";
      }
    })
    .join("");
}
