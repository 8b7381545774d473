/** What a person pastes into a token field: one token a line, "name = token" where it is to have a name. */
import type { NewToken } from "../../cli/console/console-types.js";

export function readTokens(text: string): NewToken[] {
  return text
    .split("\n")
    .map(line => line.trim())
    .filter(line => line !== "")
    .map(line => {
      const [, name, value] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})\s*=\s*(\S+)$/.exec(line) ?? [];
      // The "=" at the end of a Base64 text names nothing.
      return name !== undefined && value !== undefined && !/^=*$/.test(value) ? { name, value } : { value: line };
    });
}
