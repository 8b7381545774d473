import { columns, type Colour } from "../colour.js";
import type { ConcernStatus, ExplainedHop, ExplainedToken, Explanation } from "./explain-types.js";
import { ageText } from "./status-text.js";

/** What would happen, as a person reads it. */
export function explainText(told: Explanation, url: string, colour: Colour): string[] {
  const version = told.gateway.version === "" ? "" : ` ${told.gateway.version}`;
  return [
    `${colour.strong(`ai-failover${version}`)}  ${colour.dim(url)}`,
    "",
    ...headline(told, colour),
    ...notes(told).map(note => colour.dim(note)),
    ...hopsText(told, colour),
    ...sendText(told, colour),
  ];
}

function headline(told: Explanation, colour: Colour): string[] {
  const { outcome, request, route, hops = [], refusal, waitMs = 0 } = told;
  const what = request?.model ? `"${request.model}"` : `A request to ${request?.api ?? "this path"}`;
  const by =
    route === undefined ? "" : `, by the route ${route.name}${route.matched === "" ? "" : ` (${route.matched})`}`;
  const first = hops.find(({ use }) => use === "first");
  switch (outcome) {
    case "sent":
      return [
        colour.good(`${what} goes to ${placeOf(first!)}${by}.`),
        ...(first!.why === "" ? [] : [HOW[first!.why]!]),
      ];
    case "waits":
      return [colour.strong(`${what} waits ${ageText(waitMs)} for a rate limit to pass${by}.`)];
    case "refused": {
      const { status, code, message, retryAfterS } = refusal!;
      const later = retryAfterS > 0 ? [`The client is told to come again in ${ageText(retryAfterS * 1000)}.`] : [];
      return [colour.bad(`${what} is refused${by}: HTTP ${status} ${code}.`), message, ...later];
    }
    case "answered":
      return ["The gateway answers by itself."];
    default:
      return [colour.strong("No configuration has a part for it: it passes through untouched.")];
  }
}

const placeOf = ({ provider, token, model }: ExplainedHop): string =>
  `${token === "" ? provider : `${provider}/${token}`}${model === "" ? "" : ` as "${model}"`}`;

const HOW: Record<string, string> = {
  trial: "It is the trial that finds out whether this works again.",
  forced: "Every hop is out: this one is asked all the same, because nothing better is left.",
};

/** What the rest does not show. */
function notes({ request, route, matches, site, outcome, unknownVariables, limits }: Explanation): string[] {
  return [
    ...(site < 0 && outcome !== "untouched" ? ["By a configuration that does not run."] : []),
    ...(matches === "" ? [] : [`It is for ${matches}.`]),
    ...(unknownVariables.length > 0 ? [`The gateway does not have: ${unknownVariables.join(", ")}.`] : []),
    ...(request?.lacksKey ? ["A client would have to show one of the clientKeys."] : []),
    ...(request?.attempts === 1 ? ["It is sent once and never again."] : []),
    ...(route?.isDrawn ? ["Chance says which hop is first: another request may begin with another one."] : []),
    ...(limits?.retryBudgetUsedUp ? ["The route's retryBudget is used up: no second attempt is made now."] : []),
  ];
}

function hopsText({ hops = [], leftOut = [] }: Explanation, colour: Colour): string[] {
  if (hops.length === 0) return [];
  const rows = [["HOP", "", "MODEL", "TOKEN", "STATE", "USE", "AGAIN IN", "WHY"]];
  const isWell = [true];
  const add = (cells: string[], well: boolean) => {
    rows.push(cells);
    isWell.push(well);
  };
  hops.forEach((hop, i) => {
    const { provider, model, token, state, use, opensInMs, breakers } = hop;
    const why = [...(hop.why === "no-token-for-model" ? ["no token is for this model"] : []), ...breakers.map(causeOf)];
    const again = state === "live" ? "" : againText(opensInMs);
    add([String(i + 1), provider, model, token, state, use, again, why.join("; ")], use !== "skipped");
    for (const each of hop.tokens.filter(isOut)) {
      const until = each.breakers.map(({ opensInMs }) => opensInMs);
      const worst = until.includes(-1) ? -1 : Math.max(0, ...until);
      const reason = each.servesModel ? each.breakers.map(causeOf).join("; ") : "not for this model";
      add(
        [
          "",
          "",
          "",
          each.name,
          each.breakers.at(0)?.state ?? "",
          "",
          reason === "" ? "" : againOf(each, worst),
          reason,
        ],
        false,
      );
    }
  });
  for (const { provider, why } of leftOut)
    add(["-", provider, "", "", "", "left out", "", why === "api" ? "does not speak this API" : "another model"], true);
  const lines = columns(rows).map((line, i) => (i === 0 ? colour.dim(line) : isWell[i] ? line : colour.bad(line)));
  return ["", ...lines];
}

const isOut = ({ servesModel, breakers }: ExplainedToken): boolean => !servesModel || breakers.length > 0;

const againOf = ({ servesModel }: ExplainedToken, worst: number): string => (servesModel ? againText(worst) : "");

const againText = (ms: number): string => (ms < 0 ? "when brought back" : ms === 0 ? "now" : ageText(ms));

function causeOf({ of, state, cause, words }: ConcernStatus): string {
  const why = state === "taken-out" ? "taken out by a person" : cause;
  return `${of}: ${why}${words === "" ? "" : ` "${words}"`}`;
}

function sendText({ limits, sent }: Explanation, colour: Colour): string[] {
  const rows: string[][] = [];
  if (limits) {
    const { timeoutMs, firstTokenMs, attemptMs, maxWaitMs, guard } = limits;
    const attempt = firstTokenMs > 0 ? `first token ${ageText(firstTokenMs)}` : `attempt ${ageText(attemptMs)}`;
    const ofAttempt = firstTokenMs + attemptMs > 0 ? attempt : "attempt: none, no other hop could follow";
    const all = [`request ${ageText(timeoutMs)}`, ofAttempt, `waits ${ageText(maxWaitMs)}`, `guard ${guard}`];
    rows.push(["LIMITS", all.join(", ")]);
  }
  if (sent) {
    const { authority, path, headersSet, headersPassed, headersDropped } = sent;
    rows.push(["SENDS TO", `${authority}${path}`]);
    if (headersSet.length > 0) rows.push(["SETS", headersSet.join(", ")]);
    if (headersPassed.length > 0) rows.push(["PASSES", headersPassed.join(", ")]);
    if (headersDropped.length > 0) rows.push(["DROPS", headersDropped.join(", ")]);
  }
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([name]) => name!.length));
  return ["", ...rows.map(([name, text]) => `${colour.dim(name!.padEnd(width))}  ${text}`)];
}
