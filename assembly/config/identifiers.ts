/** Names and ids. */
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { show } from "./fields";
import { addMistake } from "./mistakes";

const NAME_RULE = "a name: a letter, then up to 63 letters, digits, '.', '_' or '-'";

/** The name that the value is; "" after a complaint. */
export function nameOf(value: Value): string {
  if (value.kind == Kind.String && isName(value.text, false)) return value.text;
  addMistake(value.path, show(value), NAME_RULE);
  return "";
}

/** Higress lets an id begin with a digit too. */
export function idOf(value: Value, higress: bool): string {
  if (value.kind == Kind.String && isName(value.text, higress)) return value.text;
  addMistake(value.path, show(value), NAME_RULE);
  return "";
}

function isName(text: string, digitFirst: bool): bool {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (<u32>((c | 0x20) - 0x61) < 26) continue;
    const isDigit = <u32>(c - 0x30) <= 9;
    if (i == 0 ? !(isDigit && digitFirst) : !isDigit && c != 0x2e && c != 0x5f && c != 0x2d) return false;
  }
  return text.length > 0 && text.length <= 64;
}

/** A field name of HTTP, lower case (RFC 9110, section 5.1). */
export function isToken(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (<u32>(c - 0x61) >= 26 && <u32>(c - 0x30) > 9 && !"!#$%&'*+-.^_`|~".includes(text.charAt(i))) return false;
  }
  return text.length > 0;
}
