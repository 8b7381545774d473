/** The variables of the VM, and the texts that name them. */

export class Environment {
  private names: string[] = [];
  private values: string[] = [];

  /** `entries` are NAME=value texts, as WASI has them. */
  constructor(entries: string[]) {
    for (let i = 0; i < entries.length; i++) {
      const split = entries[i].indexOf("=");
      if (split < 0) continue;
      this.names.push(entries[i].substring(0, split));
      this.values.push(entries[i].substring(split + 1));
    }
  }

  get(name: string): string | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : this.values[at];
  }
}

/** For a configuration that is only looked at: a variable that is not set has a value of its own, and is noted. */
export class LenientEnvironment extends Environment {
  readonly lacking: string[] = [];

  get(name: string): string | null {
    const value = super.get(name);
    if (value !== null && value.length > 0) return value;
    if (!this.lacking.includes(name)) this.lacking.push(name);
    return "unknown-" + name;
  }
}

/** Of the configuration that is being read. */
let environment: Environment = new Environment([]);

export function useEnvironment(given: Environment): void {
  environment = given;
}

/** A text with its variables put in; or what was found in place of one, and what is allowed there. */
export class Expansion {
  text: string = "";
  /** "": nothing is wrong. */
  found: string = "";
  allowed: string = "";
}

/** The text with each "${NAME}" replaced and "$${" made "${". What a variable holds is not expanded again. */
export function expand(text: string): Expansion {
  const expansion = new Expansion();
  let out = "";
  let from = 0;
  while (true) {
    const open = text.indexOf("${", from);
    if (open < 0) {
      expansion.text = out + text.substring(from);
      return expansion;
    }
    if (open > from && text.charCodeAt(open - 1) == 0x24) {
      out += text.substring(from, open - 1) + "${";
      from = open + 2;
      continue;
    }
    out += text.substring(from, open);
    const close = text.indexOf("}", open);
    const name = close < 0 ? "" : text.substring(open + 2, close);
    if (!isName(name)) {
      expansion.found = 'a "${" that begins no variable';
      expansion.allowed = '"${NAME}" of letters, digits and "_"; "$${" for "${"';
      return expansion;
    }
    const value = environment.get(name);
    if (value === null || value.length == 0) {
      expansion.found = `\${${name}}, which is ${value === null ? "not set" : "empty"}`;
      expansion.allowed = `set the environment variable ${name}`;
      return expansion;
    }
    out += value;
    from = close + 1;
  }
}

/** Whether the text is one variable and nothing else. */
export function isVariable(text: string): bool {
  return text.startsWith("${") && text.endsWith("}") && isName(text.substring(2, text.length - 1));
}

function isName(name: string): bool {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const isLetter = <u32>((c | 0x20) - 0x61) < 26 || c == 0x5f;
    if (!isLetter && (i == 0 || <u32>(c - 0x30) > 9)) return false;
  }
  return name.length > 0;
}
