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

/** The words of an answer as they come: of a stream its pieces, else the whole text of a plain answer. */
export function answerText(body: string, isStream: boolean): string {
  if (!isStream) {
    try {
      const { choices, error } = JSON.parse(body) as {
        choices?: { message?: { content?: string } }[];
        error?: { message?: string };
      };
      return choices?.[0]?.message?.content ?? error?.message ?? body;
    } catch {
      return body;
    }
  }
  const pieces = [...body.matchAll(/^data: (.*)$/gm)].map(([, data]) => {
    try {
      const { choices, error } = JSON.parse(data!) as {
        choices?: { delta?: { content?: string; reasoning_content?: string } }[];
        error?: { message?: string };
      };
      return choices?.[0]?.delta?.content ?? (error?.message ? `\n[${error.message}]` : "");
    } catch {
      return "";
    }
  });
  return pieces.length > 0 ? pieces.join("") : answerText(body, false);
}
