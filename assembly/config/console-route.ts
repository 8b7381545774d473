/** Fields that Higress's console writes into each of its AI routes, to say which requests the route is for. */
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { Fields } from "./fields";
import { addMistake } from "./mistakes";

/** Lists that restrict nothing when they hold nothing. */
const LISTS: string[] = ["domains", "headerPredicates", "urlParamPredicates"];

/** Takes the fields where they restrict nothing, and refuses them where they do: without them more would be served. */
export function readConsoleFields(fields: Fields): void {
  fields.take("version");
  for (let i = 0; i < LISTS.length; i++) if (!isIdle(fields.take(LISTS[i]))) refuse(fields, LISTS[i]);
  if (!isEveryPath(fields.take("pathPredicate"))) refuse(fields, "pathPredicate");
  if (isOn(fields.take("authConfig"))) refuse(fields, "authConfig");
  // What another version of the console writes besides.
  const items = fields.value.items;
  for (let i = 0; i < items.length; i++) if (isIdle(items[i])) items[i].isKnown = true;
}

/** Whether the value says nothing: it is empty, holds nothing but what is empty, or is switched off. */
export function isIdle(value: Value | null): bool {
  if (value === null || value.kind == Kind.Null || value.kind == Kind.False) return true;
  if (value.kind == Kind.String) return value.text == "";
  if (value.kind != Kind.Array && value.kind != Kind.Object) return false;
  const enabled = value.get("enabled");
  if (enabled !== null && isIdle(enabled)) return true;
  return value.items.every(item => isIdle(item));
}

function isEveryPath(predicate: Value | null): bool {
  if (predicate === null || isIdle(predicate)) return true;
  const type = predicate.get("matchType");
  const value = predicate.get("matchValue");
  if (type === null || type.text != "PRE") return false;
  return value === null || value.kind == Kind.Null || value.text == "/" || value.text == "";
}

function isOn(config: Value | null): bool {
  if (config === null) return false;
  const enabled = config.get("enabled");
  return enabled !== null && enabled.kind == Kind.True;
}

function refuse(fields: Fields, name: string): void {
  addMistake(fields.pathOf(name), "a field that narrows what the route serves", "an ingress of its own");
}
