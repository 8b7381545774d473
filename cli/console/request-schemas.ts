/** What the console's own pages may send; the server checks each body before anything reads it. */

const text = { type: "string" } as const;
const list = (items: object) => ({ type: "array", items, maxItems: 1000 });
const body = (properties: object, required: string[] = Object.keys(properties)) => ({
  body: { type: "object", additionalProperties: false, properties, required },
});

const token = {
  type: "object",
  additionalProperties: false,
  required: ["value"],
  properties: { name: { ...text, pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" }, value: { ...text, minLength: 1 } },
};
const edit = {
  type: "object",
  required: ["op", "path"],
  properties: {
    op: { enum: ["set", "delete", "insert", "move"] },
    path: { type: "array", minItems: 1, maxItems: 20, items: { anyOf: [text, { type: "integer", minimum: 0 }] } },
    value: {},
    ...Object.fromEntries(["index", "from", "to"].map(name => [name, { type: "integer", minimum: 0 }])),
  },
};
const newTokens = {
  type: "object",
  additionalProperties: false,
  required: ["provider", "tokens"],
  properties: { provider: text, tokens: list(token), replaces: text, replacesAll: { type: "boolean" } },
};
const removedToken = {
  type: "object",
  additionalProperties: false,
  required: ["provider", "name"],
  properties: { provider: text, name: text },
};
const saved = {
  type: "object",
  additionalProperties: false,
  required: ["provider"],
  properties: { provider: text, names: list(text) },
};

export const timeline = {
  querystring: {
    type: "object",
    properties: { minutes: { type: "integer", minimum: 1, maximum: 1440, default: 60 } },
  },
};
export const login = body({ password: text });
export const change = body(
  { version: text, edits: list(edit), tokens: list(newTokens), removals: list(removedToken) },
  ["version", "edits"],
);
export const explain = body(
  {
    ...{ model: text, body: {}, path: text, method: text },
    headers: { type: "object", additionalProperties: text },
    change: change.body,
  },
  [],
);
export const test = body({ type: text, url: text, model: text, tokens: list(token), saved }, ["type"]);
export const demo = body({ provider: text, token: text, fault: list(text) });
export const attempt = body({ path: text, body: {}, key: text }, ["path", "body"]);
export const order = body(
  { do: { enum: ["take-out", "bring-back", "try-now"] }, provider: text, token: text, for: text },
  ["do", "provider"],
);
