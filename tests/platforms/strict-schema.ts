import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parseAllDocuments } from "yaml";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- schemas and resources of others
export type Fields = Record<string, any>;

export const documentsIn = (text: string): Fields[] =>
  parseAllDocuments(text)
    .map(document => document.toJS() as Fields | null)
    .filter(document => document !== null);
export const documents = (file: string): Fields[] => documentsIn(readFileSync(file, "utf8"));

export const kindOf = ({ apiVersion, kind }: Fields): string => `${apiVersion} ${kind}`;

const ajv = new Ajv({ strict: false, validateFormats: false });
export const mistakes = (schema: object, resource: Fields): string[] => {
  const validate = ajv.compile(schema);
  return validate(resource["spec"]) ? [] : validate.errors!.map(error => `${error.instancePath} ${error.message}`);
};

/** What definitions of resources allow in `spec`, by their version and kind. */
export const schemasOf = (definitions: Fields[]): Map<string, object> =>
  new Map(
    definitions.flatMap(({ spec: { group, names, versions } }) =>
      (versions as Fields[])
        .filter(({ schema }) => schema?.openAPIV3Schema.properties?.spec)
        .map(({ name, schema }) => [
          `${group}/${name} ${names.kind}`,
          strict((schema as Fields)["openAPIV3Schema"].properties.spec as Fields),
        ]),
    ),
  );

/** A cluster drops the fields that it does not know without a word: here they are mistakes. */
export function strict(schema: Fields): Fields {
  const { properties, items, pattern, "x-kubernetes-validations": rules = [] } = schema;
  const isDuration = (rules as Fields[]).some(({ rule }) => rule === "duration(self) >= duration('1ms')");
  return {
    ...schema,
    // Go's regular expressions have a flag that these have not.
    ...(String(pattern).includes("(?i)") && { pattern: "" }),
    ...(isDuration && { pattern: "[1-9]" }),
    ...(items && { items: strict(items as Fields) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties as Fields).map(([k, v]) => [k, strict(v as Fields)])),
      additionalProperties: schema["x-kubernetes-preserve-unknown-fields"] === true,
    }),
  };
}
