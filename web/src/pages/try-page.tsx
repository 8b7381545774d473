/** A request through the gateway, its answer and its trail as they come, and the faults of demo providers. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { BreakerStatus } from "../../../cli/status/status-types.js";
import type { Explanation } from "../../../cli/status/explain-types.js";
import type { DemoState } from "../../../cli/console/console-types.js";
import { ask } from "../console-api.js";
import { connect, go, query, state } from "../console-state.js";
import { Button, CopyButton, Panel, TextField } from "../parts/controls.js";
import { Mark } from "../parts/marks.js";
import { ModelPicker } from "../parts/model-picker.js";
import { ReviewPanel } from "../parts/review-panel.js";
import { exampleModels, readRoute } from "../route-fields.js";
import { answerText, readTrail, type TrailStep } from "../trail.js";
import { snippets } from "../snippets.js";
import { causeText, t } from "../words.js";
import { turnOnText } from "./routes.js";

interface Run {
  /** Hops and tokens that were not asked, with the reason. */
  skipped: string[];
  status: number;
  text: string;
  trail: TrailStep[];
  provider: string;
  model: string;
  isDone: boolean;
}

const FAULTS = ["ok", "401", "429", "503", "hang", "slow", "cut", "truncated", "error-in-200", "empty"];
const SEVERAL = 5;

export function TryPage() {
  const { config, demos, gateway } = state.value!;
  const models = exampleModels(config);
  const [model, setModel] = useState(query.value.get("model") || models[0] || "");
  const [message, setMessage] = useState(t("defaultMessage"));
  const [isStream, setStream] = useState(true);
  const [key, setKey] = useState("");
  const [runs, setRuns] = useState<Run[]>([]);
  const stopping = useRef<AbortController | null>(null);
  useEffect(() => () => stopping.current?.abort(), []);

  const send = async (times: number) => {
    stopping.current?.abort();
    const controller = new AbortController();
    stopping.current = controller;
    setRuns([]);
    for (let i = 0; i < times && !controller.signal.aborted; i++) {
      const place = i;
      await sendOne({ model, message, isStream, key }, controller.signal, run =>
        setRuns(runs => (place < runs.length ? runs.with(place, run) : [...runs, run])),
      );
    }
  };

  return (
    <>
      <h1>{t("tryIt")}</h1>
      <div class="sides">
        <div>
          <Panel>
            <form
              class="body"
              onKeyDown={event => {
                if (event.ctrlKey && event.key === "Enter") void send(1);
                if (event.key === "Escape") stopping.current?.abort();
              }}
              onSubmit={event => {
                event.preventDefault();
                void send(1);
              }}
            >
              <ModelPicker models={models} value={model} onPick={setModel} />
              <TextField label={t("message")} value={message} onInput={setMessage} />
              {"clientKeys" in config.gateway && <TextField label={t("clientKey")} value={key} onInput={setKey} />}
              <label class="check">
                <input type="checkbox" checked={isStream} onChange={event => setStream(event.currentTarget.checked)} />{" "}
                {t("stream")}
              </label>
              <div class="actions">
                <Button kind="primary" onClick={() => send(1)}>
                  {t("send")}
                </Button>
                <Button onClick={() => send(SEVERAL)}>{t("sendFive")}</Button>
              </div>
            </form>
          </Panel>
          {demos.length > 0 && <Faults demos={demos} />}
        </div>
        <div>
          <Panel title={t("answer")}>
            {runs.length === 0 ? (
              <p class="body note">{t("trailEmpty")}</p>
            ) : (
              runs.map((run, i) => <RunView key={i} run={run} />)
            )}
          </Panel>
          {runs.some(run => run.isDone && run.status >= 400) && <FallbackOffer model={model} />}
          <Panel title={t("snippets")}>
            <div class="body">
              {snippets(gateway.address, model, message).map(({ name, text }) => (
                <details key={name}>
                  <summary>{name}</summary>
                  <div class="label-row">
                    <span />
                    <CopyButton text={text} />
                  </div>
                  <pre tabIndex={0}>
                    <code>{text}</code>
                  </pre>
                </details>
              ))}
            </div>
          </Panel>
        </div>
      </div>
    </>
  );
}

interface Question {
  model: string;
  message: string;
  isStream: boolean;
  key: string;
}

async function sendOne(
  { model, message, isStream, key }: Question,
  signal: AbortSignal,
  show: (run: Run) => void,
): Promise<void> {
  const run: Run = { skipped: [], status: 0, text: "", trail: [], provider: "", model: "", isDone: false };
  const told = (change: Partial<Run>) => show(Object.assign(run, change) && { ...run });
  const body = { model, messages: [{ role: "user", content: message }], ...(isStream ? { stream: true } : {}) };
  try {
    told({ skipped: await skippedOf(body, key) });
    const response = await fetch("/api/try", {
      method: "POST",
      signal,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        path: "/v1/chat/completions",
        body,
        ...(key === "" ? {} : { key }),
      }),
    });
    const header = (name: string) => response.headers.get(name) ?? "";
    told({
      status: Number(header("x-status") || response.status),
      trail: readTrail(header("x-ai-failover-trail")),
      provider: header("x-ai-failover-provider"),
      model: header("x-ai-failover-model"),
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
      told({ text: answerText(text, isStream) });
    }
    told({ isDone: true });
  } catch (error) {
    if (!signal.aborted) told({ text: (error as Error).message, isDone: true, status: run.status || 502 });
  }
}

/** What the planner would pass over now, asked just before the request is sent: no attempt tells of it. */
async function skippedOf(body: object, key: string): Promise<string[]> {
  if (state.value!.status === null) return [];
  const headers = key === "" ? {} : { headers: { authorization: `Bearer ${key}` } };
  const told = await ask<Explanation>("explain", { body, ...headers }).catch(() => null);
  return (told?.hops ?? []).flatMap(({ provider, use, breakers, tokens }) => {
    const [whole] = breakers;
    if (use === "skipped" && whole !== undefined) return [skipText(provider, whole)];
    return tokens.flatMap(({ name, breakers: [first] }) =>
      first === undefined || first.state === "half-open" ? [] : [skipText(`${provider} / ${name}`, first)],
    );
  });
}

const skipText = (name: string, { state, cause }: BreakerStatus): string =>
  `${name}: ${t(state)}${state === "taken-out" ? "" : ` · ${causeText(cause)}`}`;

function RunView({ run }: { run: Run }) {
  const isGood = run.status > 0 && run.status < 400;
  return (
    <article class="run" aria-busy={!run.isDone}>
      <p>
        <Mark state={isGood ? (run.trail.length > 1 ? "half-open" : "live") : "out"} label="" />{" "}
        {isGood
          ? t("answeredBy", { provider: `${run.provider} · ${run.model}` })
          : `${run.status || ""} ${t("noAnswer")}`}
      </p>
      <p class="answer-text" dir="auto" aria-live={run.isDone ? "polite" : "off"}>
        {run.text}
      </p>
      <ol class="trail" aria-label={t("trail")}>
        {run.skipped.map(text => (
          <li key={text} class="skipped-hop">
            <span aria-hidden="true">–</span> {t("skipped")} {text}
          </li>
        ))}
        {run.trail.map((step, i) => (
          <li key={i}>
            <Mark state={step.cause === "" ? "live" : step.cause === "rate-limit" ? "rate-limited" : "out"} label="" />{" "}
            <strong>{step.hop}</strong> {step.status > 0 ? step.status : ""}{" "}
            {step.cause === "" ? "" : <code>{causeText(step.cause)}</code>} <span class="note">{step.ms} ms</span>
          </li>
        ))}
      </ol>
    </article>
  );
}

/** After a failure on a route that has a fallback which is off: one click, the change, and it is on. */
function FallbackOffer({ model }: { model: string }) {
  const [isOpen, setOpen] = useState(false);
  const route = state.value!.config.routes.find(route => {
    const { predicates } = readRoute(route);
    return (
      predicates.length === 0 ||
      predicates.some(({ matchType, matchValue }) =>
        matchType === "EQUAL" ? model === matchValue : model.startsWith(matchValue),
      )
    );
  });
  if (route === undefined) return null;
  const fields = readRoute(route);
  if (fields.isFallbackOn) return null;
  if (fields.fallback.length === 0)
    return (
      <Panel>
        <div class="body">
          <p>{t("offerNewFallback")}</p>
          <Button kind="primary" onClick={() => go(`/routes/${route.index}?fallback=on`)}>
            {t("addFallback")}
          </Button>
        </div>
      </Panel>
    );
  return (
    <Panel>
      <div class="body">
        <p>{t("offerFallback")}</p>
        {isOpen ? (
          <ReviewPanel
            edits={[{ op: "set", path: ["routes", route.index, "fallbackConfig", "enabled"], value: true }]}
            onApplied={() => setOpen(false)}
          />
        ) : (
          <Button kind="primary" onClick={() => setOpen(true)}>
            {turnOnText(fields)}
          </Button>
        )}
      </div>
    </Panel>
  );
}

function Faults({ demos }: { demos: DemoState[] }) {
  const set = async (provider: string, token: string, fault: string) => {
    await ask("demo", { provider, token, fault: [fault] });
    await connect();
  };
  const mend = async () => {
    await ask("demo", { provider: "", token: "", fault: [] });
    await connect();
  };
  return (
    <Panel
      title={t("faults")}
      aside={
        <Button kind="small" onClick={mend}>
          {t("mendAll")}
        </Button>
      }
    >
      {demos.map(({ provider, tokens }) => (
        <div class="body" key={provider}>
          <div class="label-row">
            <strong>{provider}</strong>
            <Button kind="small" onClick={() => set(provider, "*", "401")}>
              {t("breakAll", { provider })}
            </Button>
          </div>
          {tokens.map(({ name, fault }) => (
            <label class="fault" key={name}>
              <span>{name}</span>
              <select
                value={fault.split(" ")[0]}
                onChange={event => void set(provider, name, event.currentTarget.value)}
              >
                {FAULTS.map(kind => (
                  <option key={kind} value={kind}>
                    {kind === "ok" ? t("ok") : kind}
                  </option>
                ))}
              </select>
            </label>
          ))}
        </div>
      ))}
    </Panel>
  );
}
