import { readFileSync } from "node:fs";

// They are AssemblyScript, which Node cannot load: they are read as the text that they are.
const judgements = readFileSync("assembly/health/judgement.ts", "utf8");
const table = readFileSync("assembly/health/failure-table.ts", "utf8");

/** "RateLimit" or "RATE_LIMIT" as documents write it. */
const kebab = (name: string): string =>
  name
    .replace(/(?<=[a-z])[A-Z]/g, "-$&")
    .replaceAll("_", "-")
    .toLowerCase();

const AGAINST: Record<string, string> = {
  Nobody: "nobody",
  TokenModel: "the token for this model",
  Token: "the token",
  ProviderModel: "the provider for this model",
  ProviderApi: "the provider for this API",
  Provider: "the provider",
};
const THEN: Record<string, string> = {
  Return: "the answer is returned",
  SameProvider: "the same provider once more, then the next",
  NextToken: "another token, then the next provider",
  NextProvider: "the next provider",
  SecondOpinion: "the next provider, once",
};

/** The judgements, one row each: name, meaning, cause, what it counts against, what comes next. */
export function judgementRows(): string[][] {
  const pattern =
    /(?:\/\*\* ([^\n]*) \*\/\n)?(?:export )?const ([A-Z_]+) = new Judgement\(\s*Cause\.(\w+),\s*Scope\.(\w+),\s*Next\.(\w+)(, true)?(, true)?,?\s*\)/g;
  return [...judgements.matchAll(pattern)].map(([, , name, cause, scope, next, widens, half]) => [
    `\`${kebab(name!)}\``,
    `\`${kebab(cause!)}\``,
    AGAINST[scope!]! + (half ? ", half a failure" : ""),
    widens ? (scope === "TokenModel" ? "to the token" : "to the provider") : "-",
    THEN[next!]!,
  ]);
}

/** The words of the failure table by judgement: name, codes, parts of the message. */
export function wordRows(): string[][] {
  const rows = new Map<string, [codes: string[], phrases: string[]]>();
  const pattern =
    /^(code|codeHolds|frame|says|refusalCode|refusalSays|missingSays|broad)\(([A-Z_]+), "((?:[^"\\]|\\.)*)"(?:, ([A-Z]+))?\)/gm;
  for (const { 1: kind, 2: judgement, 3: word, 4: family } of table.matchAll(pattern)) {
    const name = `\`${kebab(judgement!)}\``;
    if (!rows.has(name)) rows.set(name, [[], []]);
    const marks = [
      ...(family ? [family.toLowerCase()] : []),
      ...(kind!.startsWith("refusal") ? ["401, 403"] : []),
      ...(kind === "missingSays" ? ["404, 410"] : []),
      ...(kind === "frame" ? ["base_resp"] : []),
      ...(kind === "broad" ? ["inside a 200"] : []),
    ];
    const text = word!.replace("\\x02", "MODEL");
    const shown = kind === "codeHolds" ? `\`...${text}...\`` : `\`${text}\``;
    rows.get(name)![kind!.endsWith("ays") ? 1 : 0].push(shown + (marks.length > 0 ? ` (${marks.join("; ")})` : ""));
  }
  return [...rows].map(([name, [codes, phrases]]) => [name, codes.join(", ") || "-", phrases.join(", ") || "-"]);
}
