/** Is anything wrong, who answers, and what did failover save. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RouteView, Timeline } from "../../../cli/console/console-types.js";
import type { Status } from "../../../cli/status/status-types.js";
import { attentionOf, type Attention } from "../attention.js";
import { ask } from "../console-api.js";
import { go, isPaused, liveTokens, query, replaceAddress, routeStatus, state } from "../console-state.js";
import { Button, Link, Panel, PauseButton } from "../parts/controls.js";
import { Mark, OutcomeMark, StateText } from "../parts/marks.js";
import { firstLive, Marks, wordOf } from "../parts/route-chain.js";
import { changeCause, TimeAxis } from "../parts/time-axis.js";
import { FleetPanel } from "../parts/fleet-panel.js";
import { hopsOf, modelsOf, readRoute } from "../route-fields.js";
import { providerStatus } from "../console-state.js";
import { clockText, timeText } from "../times.js";
import { causeText, t, type Word } from "../words.js";

const MOST_EVENTS = 12;
/** How often the axis is drawn anew, milliseconds. */
const CHART_PERIOD = 10_000;

const SPANS: { minutes: number; word: Word; title: Word }[] = [
  { minutes: 5, word: "fiveMinutes", title: "lastFiveMinutes" },
  { minutes: 60, word: "oneHour", title: "lastHour" },
  { minutes: 1440, word: "oneDay", title: "lastDay" },
];

export function OverviewPage() {
  const { status } = state.value!;
  const span = SPANS.find(({ minutes }) => String(minutes) === query.value.get("minutes")) ?? SPANS[1]!;
  const { timeline, base } = useTimeline(span.minutes);
  return (
    <>
      <div class="title">
        <h1>{t("overview")}</h1>
        <div class="segments" role="group" aria-label={t("timeShown")}>
          {SPANS.map(({ minutes, word }) => (
            <button
              type="button"
              key={minutes}
              aria-pressed={minutes === span.minutes}
              onClick={() => replaceAddress(`/overview?minutes=${minutes}`)}
            >
              {t(word)}
            </button>
          ))}
        </div>
        <PauseButton />
      </div>
      <AttentionPanel />
      {status === null ? <p class="note">{t("noStatus")}</p> : <Figures timeline={timeline} base={base} />}
      <WhoAnswers />
      {status?.fleets.map(fleet => (
        <FleetPanel key={fleet.name} fleet={fleet} />
      ))}
      {status !== null && <TimeAxis timeline={timeline} title={t(span.title)} />}
      {status !== null && <LastChanges />}
    </>
  );
}

/** Read again as often as the gateway is looked at; with the counts at that time. */
function useTimeline(minutes: number): { timeline: Timeline | null; base: number[] } {
  const [told, setTold] = useState<{ timeline: Timeline | null; base: number[] }>({ timeline: null, base: [] });
  useEffect(() => {
    const read = async () => {
      const timeline = await ask<Timeline>(`timeline?minutes=${minutes}`).catch(() => null);
      if (timeline !== null) setTold({ timeline, base: countsOf(state.value?.status ?? null) });
    };
    void read();
    const timer = setInterval(() => document.hidden || isPaused.value || void read(), CHART_PERIOD);
    return () => clearInterval(timer);
  }, [minutes]);
  return told;
}

function AttentionPanel() {
  const list = attentionOf(state.value!);
  return (
    <Panel title={`${t("attention")}${list.length > 0 ? ` · ${list.length}` : ""}`}>
      {list.length === 0 ? (
        <p class="body">
          <Mark state="live" label="" /> {t("nothingToDo")}
        </p>
      ) : (
        <ul class="rows">
          {list.map((item, i) => (
            <li key={i}>
              <AttentionRow item={item} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function AttentionRow({ item }: { item: Attention }) {
  if (item.kind === "token-out")
    return (
      <>
        <span>
          <Mark state="out" />{" "}
          {t("outFor", { token: `${item.provider} / ${item.token}`, cause: causeText(item.cause) })} ·{" "}
          {t("ago", { time: timeText(item.sinceMs) })}
          {item.words !== "" && (
            <span class="note block" dir="auto">
              {t("providerSays", { words: item.words })}
            </span>
          )}
        </span>
        <Button
          kind="small"
          onClick={() =>
            go(`/providers/${encodeURIComponent(item.provider)}?replace=${encodeURIComponent(item.token)}`)
          }
        >
          {t("replaceToken")}
        </Button>
      </>
    );
  if (item.kind === "file-error")
    return (
      <>
        <span>
          <Mark state="out" label="" /> {t("fileError", { file: state.value!.file.name })}
          <span class="note block" dir="auto">
            {item.line === undefined ? "" : `${t("line", { n: item.line })}: `}
            {item.found}
          </span>
        </span>
        <span class="note">{t("mendByHand")}</span>
      </>
    );
  if (item.kind === "no-live-hop")
    return (
      <>
        <span>
          <Mark state="out" label="" /> {t("noLiveHop", { route: item.name })}
          <span class="note block">{t("noLiveHopText")}</span>
        </span>
        <Button kind="small" onClick={() => go(`/routes/${item.route}?fallback=on`)}>
          {t("addFallback")}
        </Button>
      </>
    );
  return (
    <>
      <span>
        <Mark state="rate-limited" label="" /> {t("noFallback", { route: item.name })}
        <span class="note block">{t("noFallbackText", { provider: item.provider })}</span>
      </span>
      <Button kind="small" onClick={() => go(`/routes/${item.route}?fallback=on`)}>
        {t("addFallback")}
      </Button>
    </>
  );
}

type Counted = "served" | "rescued" | "returned" | "refused" | "failed" | "clientLeft";
/** In the order of a bucket's counts. */
const COUNTED: Counted[] = ["served", "rescued", "returned", "refused", "failed", "clientLeft"];

const countsOf = (status: Status | null): number[] => {
  const routes = status?.sites.flatMap(site => site.routes) ?? [];
  return COUNTED.map(name => routes.reduce((sum, { requests }) => sum + requests[name], 0));
};

/** Of the time that the axis shows: what it told, and what came since. */
function Figures({ timeline, base }: { timeline: Timeline | null; base: number[] }) {
  const now = countsOf(state.value!.status);
  const counts = COUNTED.map((_, i) => {
    const told = timeline?.buckets.reduce((sum, bucket) => sum + (bucket[i] ?? 0), 0) ?? 0;
    return told + Math.max(0, now[i]! - (base[i] ?? now[i]!));
  });
  const [served = 0, rescued = 0, returned = 0, refused = 0, failed = 0, left = 0] = counts;
  const all = counts.reduce((a, b) => a + b, 0);
  const share = (count: number) => (all === 0 ? "–" : `${((count / all) * 100).toFixed(1)} %`);
  const figures = timeline?.figures;
  const rescueMs = figures?.rescueMs ?? null;
  const p95 = figures?.firstTokenP95Ms ?? null;
  return (
    <dl class="panel figures">
      <Figure name={t("requests")} value={all.toLocaleString()}>
        {timeline === null ? "" : t("sinceTime", { time: clockText(Math.max(timeline.begin, timeline.since)) })}
      </Figure>
      <Figure name={t("servedAtOnce")} value={served.toLocaleString()}>
        {share(served)}
      </Figure>
      <Figure name={t("rescued")} value={rescued.toLocaleString()}>
        <OutcomeMark outcome="rescued" /> {share(rescued)}
        {rescueMs === null ? "" : `, ${t("medianMore", { time: timeText(rescueMs) })}`}
      </Figure>
      <Figure name={t("failed")} value={failed.toLocaleString()}>
        {t("alsoOthers", { returned, refused, left })}
      </Figure>
      <Figure name={t("firstToken")} value={timeOrNone(figures?.firstTokenMs ?? null)}>
        {p95 === null ? "–" : t("medianP95", { time: timeText(p95), n: figures?.requests ?? 0 })}
      </Figure>
    </dl>
  );
}

const timeOrNone = (ms: number | null): string => (ms === null ? "–" : timeText(ms));

function Figure({ name, value, children }: { name: string; value: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd class="note">{children}</dd>
    </div>
  );
}

function WhoAnswers() {
  const { config } = state.value!;
  return (
    <Panel title={t("whoAnswers")}>
      <table class="cards">
        <thead>
          <tr>
            {WHO_COLUMNS.map(word => (
              <th scope="col" key={word} class={isNumber(word) ? "number" : ""}>
                {t(word)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {config.routes.map(route => (
            <WhoRow key={route.index} route={route} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const WHO_COLUMNS: Word[] = ["route", "models", "answersNow", "ifThatFails", "liveHops", "requests", "rescued"];
const isNumber = (word: Word): boolean => word === "requests" || word === "rescued";

function WhoRow({ route }: { route: RouteView }) {
  const fields = readRoute(route);
  const hops = hopsOf(fields);
  const answering = firstLive(hops);
  const next = answering && firstLive(hops.slice(hops.indexOf(answering) + 1));
  const counts = routeStatus(route.name)?.requests;
  const all = Object.values(counts ?? {}).reduce((a, b) => a + b, 0);
  const tokens = hops.flatMap(({ provider }) => providerStatus(provider)?.tokens ?? []);
  const live = tokens.filter(token => token.state === "live").length;
  const cells: ComponentChildren[] = [
    <Link to={`/routes/${route.index}`}>{route.name}</Link>,
    <code dir="auto">{modelsOf(fields).join(", ")}</code>,
    answering === undefined ? (
      <StateText state={hops[0] ? wordOf(hops[0].provider) : "no-token"} />
    ) : (
      <>
        <Mark state={wordOf(answering.provider)} /> <strong>{answering.provider}</strong>{" "}
        {answering.model === "" ? "" : <code>→ {answering.model}</code>}{" "}
        <span class="note">{liveNames(answering.provider)}</span>
      </>
    ),
    next !== undefined ? (
      <>
        {next.provider} {next.model === "" ? "" : <code>→ {next.model}</code>}
      </>
    ) : (
      <span class="state amber">
        <Mark state="rate-limited" label="" /> {t(hops.length > 1 ? "nobodyAnswers" : "nothingFollows")}
      </span>
    ),
    <>
      {tokens.length <= 8 && <Marks states={tokens.map(token => token.state)} />}{" "}
      {tokens.length === 0 ? "–" : t("nOfM", { n: live, m: tokens.length })}
    </>,
    all.toLocaleString(),
    (counts?.rescued ?? 0).toLocaleString(),
  ];
  return (
    <tr>
      {cells.map((cell, i) => (
        <td key={i} class={isNumber(WHO_COLUMNS[i]!) ? "number" : ""} data-label={t(WHO_COLUMNS[i]!)}>
          <div>{cell}</div>
        </td>
      ))}
    </tr>
  );
}

/** The first three, and how many more. */
function liveNames(provider: string): string {
  const names = liveTokens(provider).map(token => token.name);
  return names.slice(0, 3).join(", ") + (names.length > 3 ? ` +${names.length - 3}` : "");
}

function LastChanges() {
  const { history, now } = state.value!.status!;
  return (
    <Panel title={t("lastEvents")}>
      {history.length === 0 ? (
        <p class="body note">{t("noEvents")}</p>
      ) : (
        <ul class="rows events">
          {history.slice(0, MOST_EVENTS).map((change, i) => (
            <li key={i}>
              <span class="note when">{clockText(now - change.agoMs)}</span>
              <span>
                <Mark state={change.state} label="" />{" "}
                <Link to={`/providers/${encodeURIComponent(change.provider)}`}>
                  {change.provider}
                  {change.token === "" ? "" : ` / ${change.token}`}
                </Link>{" "}
                {change.model === "" ? "" : <code dir="auto">{change.model}</code>} {t(change.state)}{" "}
                {change.state === "live" ? "" : `· ${changeCause(change.cause, change.by)}`}
                {change.request === "" ? null : (
                  <>
                    {" · "}
                    <Link to={`/requests/${change.request}`}>
                      <code>#{change.request.split("-").pop()}</code>
                    </Link>
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
