import type { Address } from "../config/config-types.js";

/**
 * YAML as it stands in the file: the template's own indentation goes, each value of several lines moves to the column
 * of its placeholder, and a line whose only value is empty disappears.
 */
export function yaml(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  const margin = /\n( *)\S/.exec(parts.join("x"))?.[1] ?? "";
  const lines = join(parts, values, margin).split("\n");
  return lines
    .filter(line => !line.includes(GONE))
    .join("\n")
    .trim();
}

const GONE = "\u0000";

function join(parts: TemplateStringsArray, values: (string | number)[], margin: string): string {
  let out = "";
  for (const [i, part] of parts.entries()) {
    out += part.replaceAll(`\n${margin}`, "\n");
    if (i === values.length) break;
    const line = out.slice(out.lastIndexOf("\n") + 1);
    const value = String(values[i]);
    const alone = /^ *(- )?$/.test(line) && /^(\n|$)/.test(parts[i + 1] ?? "");
    out += value === "" && alone ? GONE : value.replaceAll("\n", `\n${" ".repeat(line.length)}`);
  }
  return out;
}

/** Texts as the members of a YAML list. */
export function asList(members: string[]): string {
  return members.map(member => `- ${member.replaceAll("\n", "\n  ")}`).join("\n");
}

/** Gives each reason once: a comment that stood in the file already is left out where it comes again. */
export function sayOnce(text: string): string {
  const said = new Set<string>();
  return text.replace(/(^ *#.*\n)+/gm, comment => {
    const words = comment.replace(/^ +/gm, "");
    return said.has(words) ? "" : (said.add(words), comment);
  });
}

/** A text as a YAML scalar: JSON's strings are YAML's double-quoted ones. */
export function quote(text: string): string {
  return /^[A-Za-z_/][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

export const socketAddress = ({ host, port }: Address): string =>
  `{socket_address: {address: ${quote(host)}, port_value: ${port}}}`;

/** Envoy's duration: seconds with at most three decimals. */
export function seconds(milliseconds: number): string {
  return `${milliseconds / 1000}s`;
}

/** JSON for people: what fits into a line of the width stays in one. */
export function formatJson(value: unknown, width: number, indent = ""): string {
  const flat = flatten(value);
  if (flat.length + indent.length <= width || typeof value !== "object" || value === null) return flat;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const items = Array.isArray(value)
    ? value.map(item => inner + formatJson(item, width, inner))
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${formatJson(item, width, inner)}`);
  return `${open}\n${items.join(",\n")}\n${indent}${close}`;
}

function flatten(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatten).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${flatten(item)}`);
  return `{${fields.join(", ")}}`;
}
