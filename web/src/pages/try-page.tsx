/** A request through the gateway, its answer and its trail as they come, and the faults of demo providers. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { OutcomeWord } from "../../../cli/console/request-record.js";
import type { BreakerStatus } from "../../../cli/status/status-types.js";
import type { Explanation } from "../../../cli/status/explain-types.js";
import type { DemoState } from "../../../cli/console/console-types.js";
import { ask } from "../console-api.js";
import { FAULTS } from "../demo-faults.js";
import { connect, go, query, state } from "../console-state.js";
import { Button, CopyButton, Field, Panel, SelectField, TextField } from "../parts/controls.js";
import { attemptState, Mark, OutcomeText } from "../parts/marks.js";
import { ModelPicker } from "../parts/model-picker.js";
import { ReviewPanel, useReview } from "../parts/review-panel.js";
import { exampleModels, readRoute, routeOf } from "../route-fields.js";
import { answerText, readTrail, TRIED, type TrailStep } from "../trail.js";
import { snippets } from "../snippets.js";
import { timeText } from "../times.js";
import { causeText, t } from "../words.js";
import { turnOnText } from "./routes.js";

interface Run {
  /** Hops and tokens that were not asked, with the reason. */
  skipped: string[];
  /** 0: there is no answer yet. */
  status: number;
  text: string;
  trail: TrailStep[];
  provider: string;
  model: string;
  /** Until the first words and until the end, as this page saw it; 0: not yet. */
  firstMs: number;
  ms: number;
  isDone: boolean;
}

const SEVERAL = 5;

export function TryPage() {
  const { config, demos, gateway } = state.value!;
  const models = exampleModels(config);
  const [model, setModel] = useState(query.value.get("model") || models[0] || "");
  const [message, setMessage] = useState(t("defaultMessage"));
  const [path, setPath] = useState(TRIED[0]!.path);
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
      await sendOne({ path, model, message, isStream, key }, controller.signal, run =>
        setRuns(runs => (place < runs.length ? runs.with(place, run) : [...runs, run])),
      );
    }
  };
  const stop = () => {
    stopping.current?.abort();
    setRuns(runs => runs.map(run => ({ ...run, isDone: true })));
  };

  return (
    <>
      <h1>{t("tryIt")}</h1>
      <p class="note lead">{t("tryText")}</p>
      <div class="sides try">
        <div>
          <Panel title={t("request")}>
            <form
              class="body"
              onKeyDown={event => {
                if (event.ctrlKey && event.key === "Enter") void send(1);
                if (event.key === "Escape") stop();
              }}
              onSubmit={event => {
                event.preventDefault();
                void send(1);
              }}
            >
              <ModelPicker models={models} value={model} onPick={setModel} />
              <SelectField label="API" value={path} options={TRIED.map(({ path }) => path)} onChange={setPath} />
              <Field label={t("message")}>
                {id => (
                  <textarea
                    id={id}
                    class="prose"
                    rows={2}
                    value={message}
                    onInput={event => setMessage(event.currentTarget.value)}
                  />
                )}
              </Field>
              {"clientKeys" in config.gateway && <TextField label={t("clientKey")} value={key} onInput={setKey} />}
              <div class="actions">
                <label class="check">
                  <input
                    type="checkbox"
                    checked={isStream}
                    onChange={event => setStream(event.currentTarget.checked)}
                  />{" "}
                  {t("stream")}
                </label>
                <span class="end actions">
                  <Button onClick={() => send(SEVERAL)}>{t("sendFive")}</Button>
                  <Button kind="primary" onClick={() => send(1)}>
                    {t("send")}
                  </Button>
                </span>
              </div>
            </form>
          </Panel>
          {demos.length > 0 && <Faults demos={demos} />}
        </div>
        <div>
          <Panel
            title={t("answer")}
            aside={
              runs.some(run => !run.isDone) && (
                <Button kind="small" onClick={stop}>
                  {t("stop")}
                </Button>
              )
            }
          >
            {runs.length === 0 ? (
              <p class="body note">{t("trailEmpty")}</p>
            ) : (
              runs.map((run, i) => <RunView key={i} run={run} />)
            )}
          </Panel>
          {runs.some(run => run.isDone && run.status >= 400) && <FallbackOffer model={model} />}
          <Snippets address={gateway.address} model={model} message={message} />
        </div>
      </div>
    </>
  );
}

function Snippets({ address, model, message }: { address: string; model: string; message: string }) {
  const all = snippets(address, model, message);
  const [shown, setShown] = useState(0);
  const { text } = all[shown]!;
  return (
    <Panel kind="snippets" title={t("snippets")} aside={<CopyButton text={text} />}>
      <div class="body">
        <div class="scroll">
          <div class="segments" role="group" aria-label={t("snippets")}>
            {all.map(({ name }, i) => (
              <button type="button" key={name} aria-pressed={i === shown} onClick={() => setShown(i)}>
                {name}
              </button>
            ))}
          </div>
        </div>
        <pre tabIndex={0}>
          <code>{text}</code>
        </pre>
      </div>
    </Panel>
  );
}

interface Question {
  path: string;
  model: string;
  message: string;
  isStream: boolean;
  key: string;
}

async function sendOne(
  { path, model, message, isStream, key }: Question,
  signal: AbortSignal,
  show: (run: Run) => void,
): Promise<void> {
  const run: Run = {
    skipped: [],
    status: 0,
    text: "",
    trail: [],
    provider: "",
    model: "",
    firstMs: 0,
    ms: 0,
    isDone: false,
  };
  const told = (change: Partial<Run>) => signal.aborted || show({ ...Object.assign(run, change) });
  const asked = TRIED.find(tried => tried.path === path)!.body(model, message);
  const body = { ...asked, ...(isStream ? { stream: true } : {}) };
  try {
    told({ skipped: await skippedOf(path, body, key) });
    const started = performance.now();
    const response = await fetch("/api/try", {
      method: "POST",
      signal,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ path, body, ...(key === "" ? {} : { key }) }),
    });
    const header = (name: string) => response.headers.get(name) ?? "";
    const trail = header("x-ai-failover-trail");
    told({
      status: Number(header("x-status") || response.status),
      trail: readTrail(trail),
      provider: header("x-ai-failover-provider"),
      model: header("x-ai-failover-model"),
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
      // The trail stands below: an error of ours need not repeat it.
      const words = answerText(text, isStream).replace(trail === "" ? "" : `: ${trail}`, "");
      told({ text: words, firstMs: run.firstMs || (words === "" ? 0 : performance.now() - started) });
    }
    told({ ms: performance.now() - started, isDone: true });
  } catch (error) {
    told({ text: (error as Error).message, isDone: true, status: run.status || 502 });
  }
}

/** What the planner would pass over now, asked just before the request is sent: no attempt tells of it. */
async function skippedOf(path: string, body: object, key: string): Promise<string[]> {
  if (state.value!.status === null) return [];
  const headers = key === "" ? {} : { headers: { authorization: `Bearer ${key}` } };
  const told = await ask<Explanation>("explain", { path, body, ...headers }).catch(() => null);
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

/** As the record of it will have it, as far as the answer's head tells. */
function outcomeOf({ status, trail }: Run): OutcomeWord {
  if (status < 400) return trail.length > 1 ? "rescued" : "served";
  if (trail.length === 0) return "refused";
  return trail.at(-1)!.cause === "caller" ? "returned" : "failed";
}

function RunView({ run }: { run: Run }) {
  const { status, provider, model, trail, firstMs, ms, isDone, text, skipped } = run;
  return (
    <article class="run" aria-busy={!isDone}>
      <p class="run-head">
        {status === 0 ? (
          <span class="note">{t("waiting")}</span>
        ) : (
          <>
            <OutcomeText outcome={outcomeOf(run)} />
            <span>
              {status < 400 ? (
                <>
                  {t("answeredBy")} <strong dir="auto">{provider}</strong> <code dir="auto">{model}</code>
                </>
              ) : (
                `${status} · ${t("noAnswer")}`
              )}
            </span>
            <span class="note end">
              {firstMs > 0 && status < 400 ? `${t("firstToken")} ${timeText(firstMs)}` : ""}
              {firstMs > 0 && status < 400 && ms > 0 ? " · " : ""}
              {ms > 0 ? timeText(ms) : ""}
            </span>
          </>
        )}
      </p>
      <p class="answer-text" dir="auto" aria-live={isDone ? "polite" : "off"}>
        {text}
        {!isDone && <span class="cursor" aria-hidden="true" />}
      </p>
      <ol class="trail" aria-label={t("trail")}>
        {skipped.map(text => (
          <li key={text} class="skipped-hop">
            <span class="mark" aria-hidden="true">
              –
            </span>
            <span>
              {t("skipped")} {text}
            </span>
          </li>
        ))}
        {trail.map((step, i) => {
          const from = trail.slice(0, i).reduce((sum, { ms }) => sum + ms, 0);
          return (
            <li key={i}>
              <Mark state={attemptState(step.cause)} label="" />
              <span>
                <strong dir="auto">{step.hop.replace("/", " / ")}</strong>
                {step.status > 0 ? ` · ${step.status}` : ""}
                {step.cause === "" ? "" : " · "}
                {step.cause === "" ? "" : <code>{causeText(step.cause)}</code>}
                {step.isForced ? <span class="note"> {t("triedOpen")}</span> : ""}
              </span>
              <span class="note when">
                {from}–{from + step.ms} ms
              </span>
            </li>
          );
        })}
      </ol>
    </article>
  );
}

/** After a failure on a route that has a fallback which is off: one click, the change, and it is on. */
function FallbackOffer({ model }: { model: string }) {
  const [isOpen, setOpen] = useState(false);
  const route = routeOf(state.value!.config, model);
  const turnOn = useReview(
    route === undefined || !isOpen
      ? []
      : [{ op: "set", path: ["routes", route.index, "fallbackConfig", "enabled"], value: true }],
  );
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
          <ReviewPanel change={turnOn} onApplied={() => setOpen(false)} />
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
      kind="fault-panel"
      title={t("faults")}
      aside={
        <Button kind="small" onClick={mend}>
          {t("mendAll")}
        </Button>
      }
    >
      <p class="body note demo-note">{t("faultsText")}</p>
      {demos.map(({ provider, tokens }) => (
        <section class="faults" key={provider} aria-label={provider}>
          <div class="label-row">
            <strong>{provider}</strong>
            <Button kind="small" onClick={() => set(provider, "*", "401")}>
              {t("breakAll", { provider })}
            </Button>
          </div>
          {tokens.map(({ name, fault }) => {
            const kind = fault.split(" ")[0]!;
            const isOk = kind === "ok";
            return (
              <label class="fault" key={name}>
                <span>{name}</span>
                <select value={kind} onChange={event => void set(provider, name, event.currentTarget.value)}>
                  {!FAULTS.some(known => known.kind === kind) && <option value={kind}>{fault}</option>}
                  {FAULTS.map(({ kind, word }) => (
                    <option key={kind} value={kind}>
                      {t(word)}
                    </option>
                  ))}
                </select>
                <span class={isOk ? "state green" : "state red"}>
                  <Mark state={isOk ? "live" : "out"} label="" /> {isOk ? t("ok") : t("broken")}
                </span>
              </label>
            );
          })}
        </section>
      ))}
    </Panel>
  );
}
