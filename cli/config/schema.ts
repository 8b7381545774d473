import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { hint } from "../../assembly/config/nearest.js";
import { show, type Path, type Problem } from "./problem.js";
import { packageRoot } from "./root.js";

/** What is read of a part of the schema; its title says what is allowed. */
interface Rule {
  title?: string;
  enum?: unknown[];
  type?: string | string[];
  properties?: Record<string, unknown>;
}

const schema = JSON.parse(readFileSync(join(packageRoot, "schema/ai-failover.schema.json"), "utf8")) as object;
const ajv = new Ajv2020({ allErrors: true, verbose: true, useDefaults: true, allowUnionTypes: true });
const validate = ajv.compile(schema);

/** Checks the shape of a configuration and fills in the defaults, in place. */
export function checkShape(value: unknown): Problem[] {
  if (validate(value)) return [];
  const byPath = new Map<string, Problem>();
  for (const error of validate.errors ?? []) {
    const problem = toProblem(error, pathIn(value, error.instancePath));
    const key = JSON.stringify(problem.path);
    if (!byPath.has(key)) byPath.set(key, problem);
  }
  return [...byPath.values()];
}

function toProblem(error: ErrorObject, path: Path): Problem {
  const rule = error.parentSchema as Rule;
  if (error.keyword === "additionalProperties") {
    const name = String(error.params["additionalProperty"]);
    const names = Object.keys(rule.properties ?? {});
    return { path: [...path, name], found: "an unknown field", fix: names.join(", ") + hint(name, names) };
  }
  if (error.keyword === "required")
    return { path: [...path, String(error.params["missingProperty"])], found: "nothing", fix: "this field is needed" };
  const found = show(path, error.data);
  if (rule.enum) {
    const allowed = rule.enum.map(String);
    return { path, found, fix: allowed.join(", ") + hint(String(error.data), allowed) };
  }
  return { path, found, fix: rule.title ?? TYPES[String(rule.type)] ?? error.message ?? "" };
}

const TYPES: Record<string, string> = {
  object: "an object with fields",
  array: "a list",
  string: "text",
  boolean: "true or false",
};

/** A JSON pointer as a path: whether a key is an index depends on what it leads into. */
function pathIn(root: unknown, pointer: string): Path {
  let value = root;
  return pointer
    .split("/")
    .slice(1)
    .map(part => {
      const key = part.replace(/~1/g, "/").replace(/~0/g, "~");
      const step = Array.isArray(value) ? Number(key) : key;
      value = (value as Record<string, unknown>)[key];
      return step;
    });
}
