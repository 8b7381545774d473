/** What the upstream answers with, told by the request's `user`. */
export type AnswerKind = "plain" | "batched" | "paced" | "held";

/** Events of a batched stream, which comes in one piece, and of a paced one, of which one comes every millisecond. */
export const EVENTS = { batched: 500, paced: 100 } as const;

/** What prompts are made of. */
export const TEXTS = {
  /** Line breaks, quotes and some letters beyond ASCII, as prompts have them. */
  prose: 'He said: "The gateway must not fail", and she wrote it down \u2014 na\u00efve or not.\n',
  /** Every third byte of its JSON is part of an escape. */
  code: 'if (x == "a\\b") {\n\treturn "c:\\\\d";\n}\n',
  chinese:
    "\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u4e00\u8d77\u53bb\u516c\u56ed\u6563\u6b65\u5427\u3002",
} as const;

export interface BodyOptions {
  text?: keyof typeof TEXTS;
  answer?: AnswerKind;
  model?: string;
  /** Writes all that is not ASCII as \u escapes, as Python does. */
  isAscii?: boolean;
}

/** A chat of about `size` bytes in all. */
export function chatOf(size: number, options: BodyOptions = {}): Buffer {
  const { text = "prose", answer = "plain", model = "bench-model", isAscii = false } = options;
  const render = (filler: string[]) => {
    const json = JSON.stringify({
      model,
      user: answer,
      stream: answer !== "plain",
      messages: filler.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content })),
      temperature: 0.7,
    });
    return Buffer.from(isAscii ? json.replace(/[^\0-\x7f]/g, escape) : json);
  };
  const message = TEXTS[text].repeat(6);
  const messages: string[] = [];
  const used = () => render([...messages, ""]).length;
  const each = render([message, message]).length - render([message]).length;
  while (messages.length < Math.floor((size - 200) / each)) messages.push(message);
  return render([...messages, "x".repeat(Math.max(0, size - used()))]);
}

const escape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
