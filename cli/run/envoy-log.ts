/** One line of Envoy's log in the format that `run` asks for: level, logger, text. */
export interface LogLine {
  level: string;
  logger: string;
  text: string;
}

/** For Envoy's --log-format. */
export const LOG_FORMAT = "%Y-%m-%dT%T.%e\t%l\t%n\t%v";

export function parseLine(line: string): LogLine {
  const [, level, logger, ...text] = line.split("\t");
  return level === undefined || logger === undefined
    ? { level: "", logger: "", text: line }
    : { level, logger, text: text.join("\t").replace(/^wasm log( [^\s:]+)*: /, "") };
}

/** How long a message that came once is not shown again, milliseconds. */
const MERGE_FOR = 10_000;

/** How many different messages are remembered; beyond that the oldest may be shown again. */
const REMEMBERED = 200;

/** One of the module's lines about a token or a provider: its number is part of a name. */
const OUT_OR_BACK = /^\S+ is (out|back)\b/;

/**
 * What of Envoy's log a person should see: what became of requests that met a failure, which token or provider is out or
 * back, warnings and worse; the same message (numbers apart) once in ten seconds, with the number of those that were left out.
 */
export class LogFilter {
  private readonly seen = new Map<string, { until: number; hidden: number }>();

  /** The line to show, or undefined. */
  pass(line: LogLine, now = Date.now()): string | undefined {
    const isOfModule = line.level === "info" && line.logger === "wasm";
    if (!isOfModule && !["warning", "error", "critical"].includes(line.level)) return undefined;
    const key = OUT_OR_BACK.test(line.text) ? line.text : line.text.replace(/\d+/g, "0");
    const known = this.seen.get(key);
    if (known !== undefined && now < known.until) {
      known.hidden++;
      return undefined;
    }
    this.seen.delete(key);
    this.seen.set(key, { until: now + MERGE_FOR, hidden: 0 });
    if (this.seen.size > REMEMBERED) this.seen.delete(this.seen.keys().next().value!);
    const more = known !== undefined && known.hidden > 0 ? ` (and ${known.hidden} more like it)` : "";
    return `${line.level}  ${line.text}${more}`;
  }
}
