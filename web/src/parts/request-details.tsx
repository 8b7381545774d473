/** One request: what was asked, its attempts on a time line, why it went on after each, and why it stopped. */
import type { AttemptRecord, RequestRecord } from "../../../cli/console/request-record.js";
import { hopName, trailText, whyItStopped, whyItWentOn } from "../request-words.js";
import { clockText, timeText } from "../times.js";
import { causeText, t } from "../words.js";
import { Button, CopyButton, Fact, Link } from "./controls.js";
import { attemptState, Mark, OutcomeMark, OutcomeText } from "./marks.js";

export function RequestDetails({ record, onClose }: { record: RequestRecord; onClose: () => void }) {
  const { outcome, model, route, client, time, attempts, ms, streamed, rescueMs, status } = record;
  return (
    <section class="panel opened" aria-labelledby="opened-request">
      <header>
        <h2 id="opened-request" tabIndex={-1}>
          <code>{record.id}</code>
        </h2>
        <Button kind="small" onClick={onClose}>
          {t("close")} <kbd>Esc</kbd>
        </Button>
      </header>
      <div class="body">
        <dl class="facts">
          <Fact name={t("outcome")}>
            <OutcomeText outcome={outcome} />{" "}
            <span class="note">
              {status > 0 ? status : ""}
              {rescueMs !== undefined && outcome === "rescued"
                ? ` · ${t("rescueCost", { time: timeText(rescueMs) })}`
                : ""}
            </span>
          </Fact>
          <Fact name={t("asked")}>
            <code dir="auto">{model || "–"}</code> · {streamed ? t("streamed") : t("plain")}
            {route === "" ? "" : ` · ${t("route")} ${route}`}
          </Fact>
          {record.provider !== undefined && (
            <Fact name={t("servedBy")}>
              {record.provider} / {record.token} · <code>{record.servedModel}</code>
            </Fact>
          )}
          <Fact name={t("client")}>
            {client || t("anyClient")} · {clockText(time, true)}
          </Fact>
        </dl>
        <h3>{t("whatHappened")}</h3>
        <ol class="timeline">
          <li>
            <Mark state="no-token" label="" />
            <p>
              <strong>{t("arrived")}</strong> · <code>{record.api}</code>
              {attempts.length === 0 ? ` · ${t("noAttempt")}` : ""}
            </p>
            <span class="when">0 ms</span>
          </li>
          {attempts.map((attempt, i) => (
            <Attempt key={i} attempt={attempt} next={attempts[i + 1]} record={record} />
          ))}
          <li>
            <OutcomeMark outcome={outcome} />
            <p>
              <strong>{t("stopped")}</strong> · {whyItStopped(record)}
            </p>
            <span class="when">{timeText(ms)}</span>
          </li>
        </ol>
        <div class="actions">
          <CopyButton text={trailText(record)} label={t("copyTrail")} />
          {model !== "" && <Link to={`/dry-run?model=${encodeURIComponent(model)}`}>{t("dryRunNow")}</Link>}
        </div>
      </div>
    </section>
  );
}

interface AttemptProps {
  attempt: AttemptRecord;
  next: AttemptRecord | undefined;
  record: RequestRecord;
}

function Attempt({ attempt, next, record }: AttemptProps) {
  const { model, status, cause, atMs, forced } = attempt;
  // Of a good answer the judgement ends when it goes to the client; its stream goes on.
  const ms = cause === "" && next === undefined ? Math.max(attempt.ms, record.ms - atMs) : attempt.ms;
  const whole = Math.max(1, record.ms);
  const state = attemptState(cause);
  return (
    <li>
      <Mark state={state} label="" />
      <div>
        <p>
          <strong>{hopName(attempt)}</strong> · <code dir="auto">{model}</code>
          {status > 0 ? ` · ${status}` : ""}
          {cause === "" ? "" : " · "}
          {cause !== "" && <code>{causeText(cause)}</code>}
        </p>
        <p class="note">
          {forced === true && `${t("triedOpen")}. `}
          {cause === "" && record.firstTokenMs !== undefined
            ? t("firstTokenAfter", { time: timeText(record.firstTokenMs) })
            : ""}
          {next === undefined ? "" : whyItWentOn(attempt, next)}
        </p>
        <div class="bar" aria-hidden="true">
          <div
            class={`bar-${state}`}
            style={{
              marginLeft: `${(Math.min(atMs, whole) / whole) * 100}%`,
              width: `${(Math.min(ms, whole - Math.min(atMs, whole)) / whole) * 100}%`,
            }}
          />
        </div>
      </div>
      <span class="when">
        {timeText(atMs)} – {timeText(atMs + ms)}
      </span>
    </li>
  );
}
