/** One axis of time for requests and every token, so that cause and effect stand under each other. */
import type { Lane, LaneSpan, Timeline } from "../../../cli/console/console-types.js";
import { state, tokenStatus } from "../console-state.js";
import { clockText } from "../times.js";
import { causeText, t } from "../words.js";
import { Link, Panel } from "./controls.js";
import { StateText } from "./marks.js";
import { RequestChart } from "./request-chart.js";

/** As many lanes as are told at once. */
const MOST_LANES = 20;
const TICKS = 5;
/** A label stands in a bar only where it fits: share of the width. */
const ROOM_FOR_LABEL = 0.1;

export function TimeAxis({ timeline, title }: { timeline: Timeline | null; title: string }) {
  const lanes = timeline?.lanes ?? unshownLanes();
  const ticks = timeline === null ? [] : Array.from({ length: TICKS }, (_, i) => tickOf(timeline, i));
  return (
    <Panel title={title} aside={<Link to="/requests">{t("allRequests")}</Link>}>
      <div class="body axis">
        <div class="axis-row">
          <div>
            {t("requests")}
            <span class="note block">{timeline === null ? "" : perBucket(timeline)}</span>
          </div>
          {timeline === null ? <div class="chart" /> : <RequestChart timeline={timeline} label={sentence(timeline)} />}
          <ul class="legend note">
            <li class="green">{t("outcome-served")}</li>
            <li class="blue">{t("outcome-rescued")}</li>
            <li class="grey">{t("others")}</li>
            <li class="red">{t("outcome-failed")}</li>
          </ul>
        </div>
        <ul>
          {lanes.map(lane => (
            <LaneRow key={`${lane.provider}/${lane.token}`} lane={lane} timeline={timeline} />
          ))}
        </ul>
        {timeline !== null && timeline.unshown > 0 && <p class="note">{t("unshownLanes", { n: timeline.unshown })}</p>}
        <div class="axis-row ticks note" aria-hidden="true">
          <span />
          <div>
            {ticks.map(tick => (
              <span key={tick}>{tick}</span>
            ))}
          </div>
        </div>
      </div>
    </Panel>
  );
}

function LaneRow({ lane, timeline }: { lane: Lane; timeline: Timeline | null }) {
  const { provider, token, spans } = lane;
  const last = spans.at(-1);
  const word = token === "" ? (last?.to === null ? last.state : "live") : wordOf(lane, last);
  return (
    <li class="axis-row lane">
      <Link to={`/providers/${encodeURIComponent(provider)}`}>
        {provider}
        {token === "" ? "" : ` / ${token}`}
      </Link>
      <div class="track" aria-hidden="true">
        {timeline !== null && spans.map(span => <SpanBar key={span.from} span={span} timeline={timeline} />)}
      </div>
      <StateText state={word} />
    </li>
  );
}

/** What it is now stands in the live state; the lanes are read less often. */
function wordOf({ provider, token }: Lane, last: LaneSpan | undefined) {
  const status = tokenStatus(provider, token);
  if (status === undefined) return last?.to === null ? last.state : "live";
  if (status.state !== "live") return status.state;
  return status.models.find(({ state }) => state !== "live")?.state ?? "live";
}

function SpanBar({ span, timeline }: { span: LaneSpan; timeline: Timeline }) {
  const { begin, end, now } = timeline;
  const length = end - begin;
  const from = Math.max(0, (span.from - begin) / length);
  const to = Math.min(1, ((span.to ?? now) - begin) / length);
  const label = span.by !== "" ? t("takenOutBy", { name: span.by }) : `${span.model} ${span.cause}`.trim();
  return (
    <div class={`span ${span.state}`} style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}>
      {to - from > ROOM_FOR_LABEL ? label : ""}
    </div>
  );
}

/** Until the figures come: the same rows, so that nothing moves when they do. */
function unshownLanes(): Lane[] {
  const providers = state.value!.status?.sites[0]?.providers ?? [];
  const lanes = providers.flatMap(({ id, tokens }) =>
    tokens.map(({ name }) => ({ provider: id, token: name, spans: [] })),
  );
  return lanes.length > MOST_LANES ? [] : lanes;
}

function tickOf({ begin, end }: Timeline, i: number): string {
  const time = clockText(begin + ((end - begin) * i) / (TICKS - 1));
  return end - begin > 600_000 ? time.slice(0, 5) : time;
}

function perBucket({ buckets, bucketMs }: Timeline): string {
  const most = Math.max(0, ...buckets.map(counts => counts.reduce((a, b) => a + b, 0)));
  return bucketMs < 60_000
    ? t("perSeconds", { s: bucketMs / 1000, n: most })
    : t("perMinutes", { m: bucketMs / 60_000, n: most });
}

function sentence({ buckets, lanes }: Timeline): string {
  const sum = (i: number) => buckets.reduce((total, counts) => total + (counts[i] ?? 0), 0);
  const out = lanes.filter(({ spans }) => spans.length > 0).map(({ provider, token }) => `${provider} ${token}`);
  return t("chartText", {
    n: buckets.flat().reduce((a, b) => a + b, 0),
    rescued: sum(1),
    failed: sum(4),
    out: out.length === 0 ? t("nobodyAnswers") : out.join(", "),
  });
}

/** What a change in the history says beside its state. */
export const changeCause = (cause: string, by: string): string =>
  by !== "" ? t("byWhom", { name: by }) : cause === "" || cause === "none" ? "" : causeText(cause);
