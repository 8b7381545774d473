/** The way that a request would take now, asked of the planner itself: nothing is sent. */
import { useEffect, useState } from "preact/hooks";
import type { Edit } from "../../../cli/console/console-types.js";
import type { ConcernStatus, ExplainedHop, Explanation } from "../../../cli/status/explain-types.js";
import { ask } from "../console-api.js";
import { state } from "../console-state.js";
import { timeText } from "../times.js";
import { causeText, t } from "../words.js";
import { Button, Panel } from "./controls.js";
import { Mark, StateText, Verdict } from "./marks.js";
import { ModelPicker } from "./model-picker.js";

/** After the last key, milliseconds. */
const TYPING = 200;
/** How often it is asked again while nothing is typed: states change. */
const AGAIN = 2000;

interface Question {
  model?: string;
  body?: string;
}

interface DryRunProps {
  model: string;
  /** Models that one may choose with a click. */
  models: readonly string[];
  /** A change that is not applied yet. */
  edits?: readonly Edit[];
}

export function DryRun({ model: first, models, edits }: DryRunProps) {
  const [isBody, setIsBody] = useState(false);
  const [model, setModel] = useState(first);
  const [body, setBody] = useState("");
  const question: Question = isBody ? { body } : { model };
  const { told, problem } = useExplanation(question, edits);
  const showBody = () => {
    if (body === "")
      setBody(
        JSON.stringify({ model, stream: true, messages: [{ role: "user", content: t("defaultMessage") }] }, null, 2),
      );
    setIsBody(true);
  };
  return (
    <div class="sides">
      <div>
        <Panel title={t("request")}>
          <div class="body">
            <div class="segments" role="group" aria-label={t("request")}>
              <button type="button" aria-pressed={!isBody} onClick={() => setIsBody(false)}>
                {t("model")}
              </button>
              <button type="button" aria-pressed={isBody} onClick={showBody}>
                {t("wholeBody")}
              </button>
            </div>
            {isBody ? (
              <label class="field">
                {t("bodyField")}
                <textarea
                  rows={10}
                  spellcheck={false}
                  value={body}
                  onInput={event => setBody(event.currentTarget.value)}
                />
              </label>
            ) : (
              <ModelPicker models={models} value={model} onPick={setModel} />
            )}
            <p class="note">{t("dryRunLive")}</p>
          </div>
        </Panel>
        {told?.sent && <Sent told={told} />}
      </div>
      <Panel title={t("wayItTakes")}>
        <div class="body" aria-live="polite">
          {problem !== "" && <Verdict kind="wrong">{problem}</Verdict>}
          {told !== null && <Way told={told} />}
        </div>
      </Panel>
    </div>
  );
}

/** Asked as one types, and again as states change. */
function useExplanation(question: Question, edits: readonly Edit[] | undefined) {
  const [told, setTold] = useState<Explanation | null>(null);
  const [problem, setProblem] = useState("");
  const text = JSON.stringify([question, edits]);
  useEffect(() => {
    let isOver = false;
    const read = async () => {
      const change = edits === undefined ? {} : { change: { version: state.value!.file.version, edits } };
      try {
        const explanation = await ask<Explanation>("explain", { ...question, ...change });
        if (isOver) return;
        setTold(explanation);
        setProblem("");
      } catch (error) {
        if (!isOver) setProblem((error as Error).message);
      }
    };
    const first = setTimeout(() => void read(), TYPING);
    const again = setInterval(() => document.hidden || void read(), AGAIN);
    return () => {
      isOver = true;
      clearTimeout(first);
      clearInterval(again);
    };
  }, [text]);
  return { told, problem };
}

function Way({ told }: { told: Explanation }) {
  const { route, hops = [], leftOut = [], request, limits } = told;
  let number = 0;
  return (
    <>
      <Summary told={told} />
      <ol class="timeline">
        {route !== undefined && (
          <li>
            <Mark state="live" label="" />
            <div>
              <p>
                {t("route")} <strong>{route.name}</strong>
              </p>
              <p class="note">
                {route.matched === "" ? t("everyModel") : t("matchedBy", { what: route.matched })}
                {route.isDrawn ? ` ${t("drawn")}` : ""}
              </p>
            </div>
          </li>
        )}
        {hops.map((hop, i) => (
          <Hop key={i} hop={hop} number={hop.use === "skipped" ? null : ++number} />
        ))}
        {leftOut.map(({ provider, why }) => (
          <li key={provider} class="skipped-hop">
            <span aria-hidden="true">–</span>
            <div>
              <p>{provider}</p>
              <p class="note">{why === "api" ? t("leftOutApi", { api: request?.api ?? "" }) : t("leftOutModel")}</p>
            </div>
          </li>
        ))}
        {number > 0 && (
          <li>
            <Mark state="no-token" label="" />
            <div>
              <p>{t("ifAllFail", { n: number })}</p>
              {limits && (
                <p class="note">
                  {t("limitsOfIt", { timeout: timeText(limits.timeoutMs), wait: timeText(limits.maxWaitMs) })}
                </p>
              )}
            </div>
          </li>
        )}
      </ol>
    </>
  );
}

function Summary({ told }: { told: Explanation }) {
  const { outcome, hops = [], refusal, waitMs = 0, request, unknownVariables } = told;
  const used = hops.filter(({ use }) => use !== "skipped");
  const skipped = hops.length - used.length;
  const [first, next] = used;
  return (
    <>
      {outcome === "sent" && first !== undefined && (
        <Verdict kind="fine">
          {t("goesTo", { hop: nameOf(first) })}
          {next === undefined ? t("andThenNothing") : t("andThen", { hop: nameOf(next) })}
          {skipped > 0 ? ` ${t("hopsSkipped", { n: skipped })}` : ""}
        </Verdict>
      )}
      {outcome === "waits" && <Verdict kind="waits">{t("itWaits", { time: timeText(waitMs) })}</Verdict>}
      {outcome === "refused" && refusal && (
        <Verdict kind="wrong">
          {t("itIsRefused", { status: refusal.status })} <code>{refusal.code}</code>{" "}
          <span dir="auto">{refusal.message}</span>
        </Verdict>
      )}
      {outcome === "answered" && <Verdict kind="fine">{t("itAnswers")}</Verdict>}
      {outcome === "untouched" && <Verdict kind="waits">{t("itIsUntouched")}</Verdict>}
      {request?.lacksKey === true && <Verdict kind="waits">{t("lacksKey")}</Verdict>}
      {unknownVariables.length > 0 && (
        <Verdict kind="waits">{t("unknownVariables", { names: unknownVariables.join(", ") })}</Verdict>
      )}
    </>
  );
}

const nameOf = ({ provider, token }: ExplainedHop): string => (token === "" ? provider : `${provider} / ${token}`);

function Hop({ hop, number }: { hop: ExplainedHop; number: number | null }) {
  const { model, state, kind, why, breakers, tokens, choice } = hop;
  const unfit = tokens.filter(({ servesModel, breakers }) => !servesModel || breakers.length > 0);
  const live = tokens.length - unfit.length;
  return (
    <li class={number === null ? "skipped-hop" : ""}>
      {number === null ? <span aria-hidden="true">–</span> : <span class="step">{number}</span>}
      <div>
        <p>
          <strong>{nameOf(hop)}</strong> · <code dir="auto">{model}</code>
        </p>
        <p class="note">
          {number === null ? `${t("skipped")} ` : ""}
          {kind === "fallback" ? `${t("fallback")}. ` : ""}
          {why === "trial" ? `${t("isTrial")} ` : ""}
          {why === "forced" ? `${t("triedOpen")}. ` : ""}
          {why === "no-token-for-model" ? `${t("noTokenForModel")} ` : ""}
          {tokens.length > 1 ? `${t("tokensLive", { n: live, m: tokens.length, choice })} ` : ""}
          {breakers.map(concernText).join(" ")}
        </p>
        {unfit.slice(0, MOST_TOKENS).map(token => (
          <p class="note" key={token.name}>
            {hop.provider} / {token.name}:{" "}
            {token.servesModel ? token.breakers.map(concernText).join(" ") : t("notForModel")}
          </p>
        ))}
      </div>
      <StateText state={state} />
    </li>
  );
}

const MOST_TOKENS = 10;

/** "out, credential, tried again in 5 s." */
function concernText({ of, state, cause, opensInMs }: ConcernStatus): string {
  const until =
    opensInMs < 0 ? t("aPerson") : opensInMs === 0 ? t("triedNow") : t("inTime", { time: timeText(opensInMs) });
  const what = of === "token-model" || of === "provider-model" ? ` ${t("forThisModel")}` : "";
  return `${t(state)}${what}${state === "taken-out" ? "" : ` · ${causeText(cause)}`} · ${until}.`;
}

function Sent({ told }: { told: Explanation }) {
  const { authority, path, headersSet, headersPassed, headersDropped } = told.sent!;
  const rows: [string, string][] = [
    [t("address"), `${authority}${path}`],
    [t("headersSet"), headersSet.join(", ")],
    [t("headersPassed"), headersPassed.join(", ")],
    [t("headersDropped"), headersDropped.join(", ")],
  ];
  return (
    <Panel title={t("sentToProvider")}>
      <dl class="body facts">
        {rows
          .filter(([, value]) => value !== "")
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </div>
          ))}
      </dl>
    </Panel>
  );
}

/** Beside a change that is not applied yet: what it would do. */
export function DryRunOfChange({ edits, model, models }: { edits: readonly Edit[]; model: string; models: string[] }) {
  const [isOpen, setOpen] = useState(false);
  if (!isOpen) return <Button onClick={() => setOpen(true)}>{t("dryRunChange")}</Button>;
  return (
    <div class="dry-run-change">
      <DryRun model={model} models={models} edits={edits} />
    </div>
  );
}
