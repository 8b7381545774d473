import { columns, type Colour } from "../colour.js";
import type {
  BreakerStatus,
  BreakerWord,
  ChangeStatus,
  FleetStatus,
  HopStatus,
  RouteStatus,
  SiteStatus,
  Status,
} from "./status-types.js";

/** How many changes are shown. */
const CHANGES = 10;

/** The status as a person reads it. */
export function statusText(status: Status, url: string, colour: Colour): string[] {
  const { version, envoy } = status.gateway;
  const name = version === "" ? "ai-failover" : `ai-failover ${version}`;
  return [
    `${colour.strong(name)}  ${colour.dim(envoy === "" ? url : `${url}  Envoy ${envoy}`)}`,
    ...status.fleets.flatMap(fleet => fleetText(fleet, colour)),
    ...status.sites.flatMap(site => siteText(site, status.sites.length > 1, colour)),
    ...historyText(status.history, colour),
  ];
}

/** "fleet production: in step, 3 gateways (this one is 9f86d081a1b2c3d4)" */
function fleetText(
  { name, gateway, state, why, sinceMs, heardMs, gateways, seen, unsigned }: FleetStatus,
  colour: Colour,
): string[] {
  const who = `this gateway is ${gateway}`;
  const foreign = unsigned === 0 ? [] : [colour.bad(`  ${unsigned} entries are not signed with this fleet.secret`)];
  if (state !== "in-step") {
    const heard = heardMs < 0 ? "" : `, heard ${ageText(heardMs)} ago`;
    const line = `fleet ${name}: ${state} for ${ageText(sinceMs)}: the store ${why}${heard}`;
    return ["", colour.bad(line), `  ${who}`, ...foreign];
  }
  const count = gateways === 1 ? "1 gateway" : `${gateways} gateways`;
  const others = seen
    .filter(other => other.gateway !== gateway)
    .map(other => `${other.gateway} seen ${ageText(other.agoMs)} ago`);
  if (gateways > seen.length) others.push(`and ${gateways - seen.length} more`);
  return ["", `fleet ${name}: in step, ${count}`, ...[who, ...others].map(line => colour.dim(`  ${line}`)), ...foreign];
}

function siteText(site: SiteStatus, isNamed: boolean, colour: Colour): string[] {
  const title = isNamed ? ["", colour.strong(site.matches === "" ? "everywhere else" : site.matches)] : [];
  const refused = site.mistakes.map(line => colour.bad(line));
  if (refused.length > 0) return [...title, "", colour.bad("REFUSED: requests get 503"), ...refused];
  return [...title, "", ...table(routeRows(site.routes), colour), "", ...table(breakerRows(site), colour)];
}

interface Row {
  cells: string[];
  state?: BreakerWord;
}

/** The first row is the head. */
function table(rows: Row[], colour: Colour): string[] {
  return columns(rows.map(({ cells }) => cells)).map((line, i) => {
    const { state } = rows[i]!;
    if (i === 0) return colour.dim(line);
    return state === "out" || state === "taken-out" ? colour.bad(line) : state === "live" ? line : colour.strong(line);
  });
}

function routeRows(routes: RouteStatus[]): Row[] {
  const head = [
    "ROUTE",
    "MODELS",
    "SERVED",
    "RESCUED",
    "FAILED",
    "RETURNED",
    "REFUSED",
    "CLIENT LEFT",
    "FIRST TOKEN",
    "HOPS",
  ];
  const rows = routes.map(({ name, models, hops, requests, firstToken }): Row => {
    const { served, rescued, failed, returned, refused, clientLeft } = requests;
    const counts = [served, rescued, failed, returned, refused, clientLeft].map(String);
    const first = firstToken === null ? "" : ageText(firstToken.medianMs);
    return { cells: [name, models.join(" ") || "*", ...counts, first, hops.map(hopText).join(" > ")], state: "live" };
  });
  return [{ cells: head }, ...rows];
}

const hopText = ({ provider, model }: HopStatus): string => (model === "" ? provider : `${provider} (${model})`);

function breakerRows({ providers }: SiteStatus): Row[] {
  const rows: Row[] = [{ cells: ["PROVIDER", "STATE", "CAUSE", "SINCE", "AGAIN IN", "REQUEST", "SAYS"] }];
  const add = (depth: number, name: string, state: BreakerWord, breaker: BreakerStatus | null) =>
    rows.push({ cells: ["  ".repeat(depth) + name, state, ...breakerCells(breaker)], state });
  for (const { id, state, breaker, models, apis, tokens } of providers) {
    add(0, id, state, breaker);
    for (const each of [...models, ...apis]) add(1, each.model || "(no model)", each.state, each);
    for (const token of tokens) {
      add(1, token.name, token.state, token.breaker);
      for (const each of token.models) add(2, each.model || "(no model)", each.state, each);
    }
  }
  return rows;
}

const TRIALS = { probe: "a probe", request: "a trial", fleet: "another gateway's trial" };

function breakerCells(breaker: BreakerStatus | null): string[] {
  if (breaker === null || (breaker.state === "live" && breaker.failures === 0)) return ["", "", "", "", ""];
  const { state, cause, sinceMs, request, words, learntFrom, by, trial } = breaker;
  const again = againText(breaker);
  const why = state === "taken-out" && by !== "" ? `by ${by}` : cause === "none" ? "" : cause;
  return [
    why,
    ageText(sinceMs),
    trial === null ? again : `${again}, ${TRIALS[trial.how]} runs`,
    learntFrom === "" ? request : `gateway ${learntFrom}`,
    words === "" ? "" : `"${words}"`,
  ];
}

/** What may bring it back: a probe where that comes first, else a client's request. */
function againText({ state, opensInMs, nextProbeMs }: BreakerStatus): string {
  if (state === "live") return "";
  if (opensInMs < 0) return "when brought back";
  if (state !== "taken-out" && nextProbeMs >= 0 && nextProbeMs < opensInMs) return `probe ${inText(nextProbeMs)}`;
  return opensInMs === 0 ? "now" : ageText(opensInMs);
}

const inText = (ms: number): string => (ms === 0 ? "now" : `in ${ageText(ms)}`);

function historyText(history: ChangeStatus[], colour: Colour): string[] {
  if (history.length === 0) return [];
  const rows = history.slice(0, CHANGES).map((change): Row => {
    const { agoMs, provider, token, model, api, state, cause, words, by } = change;
    const what = [provider, token].filter(part => part !== "").join("/");
    const why = by !== "" ? `by ${by}` : cause === "none" ? "" : cause;
    return {
      cells: [`${ageText(agoMs)} ago`, what, model || api, state, why, words === "" ? "" : `"${words}"`],
      state,
    };
  });
  return ["", ...table([{ cells: ["LAST CHANGES", "", "MODEL", "STATE", "WHY", "SAYS"] }, ...rows], colour)];
}

/** "850ms", "27s", "3m 20s", "2h 5m", "3d 4h" */
export function ageText(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = Math.round(ms / 1000);
  const units: [string, number][] = [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  const [unit, size] = units[first]!;
  const next = units[first + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % size) / next[1]);
  return `${Math.floor(seconds / size)}${unit}${rest > 0 ? ` ${rest}${next![0]}` : ""}`;
}
