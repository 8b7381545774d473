/** Fields that Higress's console writes into each of its AI routes, to say which requests the route is for. */
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { Fields } from "./fields";
import { addMistake } from "./mistakes";

/** Empty lists restrict nothing. */
const LISTS: string[] = ["domains", "headerPredicates", "urlParamPredicates"];

/** Takes the fields where they restrict nothing, and refuses them where they do: without them more would be served. */
export function readConsoleFields(fields: Fields): void {
  fields.take("version");
  for (let i = 0; i < LISTS.length; i++) if (fields.list(LISTS[i]).length > 0) refuse(fields, LISTS[i]);
  if (!isEveryPath(fields)) refuse(fields, "pathPredicate");
  if (isOn(fields.take("authConfig"))) refuse(fields, "authConfig");
}

function isEveryPath(fields: Fields): bool {
  const predicate = fields.take("pathPredicate");
  if (predicate === null) return true;
  const type = predicate.get("matchType");
  const value = predicate.get("matchValue");
  return type !== null && type.text == "PRE" && value !== null && value.text == "/";
}

function isOn(config: Value | null): bool {
  if (config === null) return false;
  const enabled = config.get("enabled");
  return enabled !== null && enabled.kind == Kind.True;
}

function refuse(fields: Fields, name: string): void {
  addMistake(fields.pathOf(name), "a field that narrows what the route serves", "an ingress of its own");
}
