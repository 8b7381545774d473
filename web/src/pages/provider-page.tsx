/** One provider: each token's state and what can be done about it, then its settings. */
import { useState } from "preact/hooks";
import type { Edit, ProviderView, RemovedToken, TokenTest } from "../../../cli/console/console-types.js";
import type { Order } from "../../../cli/status/status-types.js";
import { ask } from "../console-api.js";
import {
  go,
  liveTokens,
  notice,
  place,
  providerStatus,
  providerWord,
  query,
  replaceAddress,
  state,
} from "../console-state.js";
import { listEdits, object, objects } from "../list-edits.js";
import { AddTokens, TestResults } from "../parts/add-tokens.js";
import { Button, Fact, Link, Panel, SelectField, TextField, WithBreaks } from "../parts/controls.js";
import { StateText, Verdict } from "../parts/marks.js";
import { ReviewPanel, useReview } from "../parts/review-panel.js";
import { readRules, RuleList, ruleEdits } from "../parts/rule-list.js";
import { TokenList } from "../parts/token-list.js";
import { COMMON, SETTINGS, valueOfText, type Setting } from "../provider-settings.js";
import { routesOfProvider } from "../route-fields.js";
import { language } from "../language.js";
import { timeText } from "../times.js";
import { causeText, t } from "../words.js";
import { breakerOf, shownTokens, sourceOf, type ShownToken } from "./providers.js";

export function ProviderPage({ id }: { id: string }) {
  const provider = state.value!.config.providers.find(provider => provider.id === id);
  const [isAdding, setAdding] = useState(query.value.has("add"));
  const [replaced, setReplaced] = useState<string | undefined>(query.value.get("replace") ?? undefined);
  const [tests, setTests] = useState<TokenTest[]>([]);
  const [removals, setRemovals] = useState<RemovedToken[]>([]);
  const [isRemoved, setRemoved] = useState(false);
  const removal = useReview([], removals.length > 0 ? { removals } : {});
  if (provider === undefined) return <p class="note">{t("unknownProvider", { name: id })}</p>;

  const test = async (names?: string[]) =>
    setTests(
      await ask<TokenTest[]>("test", {
        type: provider.type,
        url: testAddress(provider),
        model: provider.models.find(model => !model.endsWith("*")) ?? "",
        saved: { provider: id, ...(names && { names }) },
      }),
    );
  const done = (results: TokenTest[]) => {
    close();
    setTests(results);
  };
  const close = () => {
    setAdding(false);
    setReplaced(undefined);
    replaceAddress(`/${place.value.map(encodeURIComponent).join("/")}`);
  };
  const tokens = shownTokens(provider);
  const live = provider.isLeftOut ? 0 : liveTokens(id).length;

  return (
    <>
      <p class="note">
        <Link to="/providers">{t("providersTitle")}</Link> /
      </p>
      <div class="title">
        <h1 dir="auto">{id}</h1>
        <Button onClick={() => test()}>{t("testAll")}</Button>
        <ProviderOrders provider={provider} />
        <Button
          kind="primary"
          onClick={() => {
            setReplaced(undefined);
            setAdding(true);
          }}
        >
          {t("addTokens")}
        </Button>
      </div>
      <dl class="panel figures small">
        <div>
          <dt>{t("state")}</dt>
          <dd class="note">
            <StateText state={providerWord(provider)} />{" "}
            {tokens.length > 0 && t("tokensLiveShort", { n: live, m: tokens.length })}
          </dd>
        </div>
        <div>
          <dt>{t("type")}</dt>
          <dd class="note">{provider.type}</dd>
        </div>
        <div class="wide">
          <dt>{t("address")}</dt>
          <dd class="note">
            <code>{provider.address}</code>
            {provider.isDemo && <span class="block">{t("demoText")}</span>}
          </dd>
        </div>
      </dl>
      {(isAdding || replaced !== undefined) && (
        <Panel
          title={replaced === undefined ? t("addTokens") : `${t("replaceToken")} · ${replaced}`}
          aside={
            <Button kind="small" onClick={close}>
              {t("cancel")}
            </Button>
          }
        >
          <AddTokens
            key={replaced ?? ""}
            provider={id}
            type={provider.type}
            url={testAddress(provider)}
            models={provider.models}
            replaces={replaced}
            onSaved={done}
          />
        </Panel>
      )}
      {tests.length > 0 && (
        <Panel
          title={t("step3")}
          aside={
            <Button kind="small" onClick={() => setTests([])}>
              {t("close")}
            </Button>
          }
        >
          <TestResults tests={tests} />
        </Panel>
      )}
      <TokenList provider={provider}>
        {token => (
          <>
            <TokenDetails token={token} />
            <div class="actions">
              <Orders provider={id} token={token} />
              {token.word !== "no-token" && (
                <Button kind="small" onClick={() => test([token.name])}>
                  {t("test")}
                </Button>
              )}
              {token.view !== undefined && !provider.isDemo && (
                <>
                  <Button kind="small" onClick={() => setReplaced(token.view!.name)}>
                    {t("replace")}
                  </Button>
                  <Button kind="small" onClick={() => setRemovals([{ provider: id, name: token.view!.name }])}>
                    {t("remove")}
                  </Button>
                </>
              )}
            </div>
          </>
        )}
      </TokenList>
      {removals.length > 0 && (
        <div class="asked">
          <Verdict kind="waits">
            {t("removeAsk", { name: `${id} / ${removals[0]!.name}` })}{" "}
            <Button kind="text" onClick={() => setRemovals([])}>
              {t("cancel")}
            </Button>
          </Verdict>
          <ReviewPanel change={removal} onApplied={() => setRemovals([])} />
        </div>
      )}
      <Settings provider={provider} />
      <AddressAndModels provider={provider} onSaved={setTests} />
      <Rules provider={provider} />
      {isRemoved ? (
        <Removal provider={provider} onCancel={() => setRemoved(false)} />
      ) : (
        <Button onClick={() => setRemoved(true)}>{t("removeProvider")}</Button>
      )}
    </>
  );
}

/** Where a test goes: where the gateway's own requests go. */
const testAddress = ({ fields, isDemo, address }: ProviderView): string =>
  typeof fields.url === "string" ? fields.url : isDemo ? address : "";

/** The whole provider: nobody uses it, whatever its tokens are. */
function ProviderOrders({ provider }: { provider: ProviderView }) {
  const status = providerStatus(provider.id);
  if (status === undefined) return null;
  const order = async (what: Order["do"]) => {
    await ask("orders", { do: what, provider: provider.id });
    notice.value = t(`order-${what}`, { name: provider.id });
  };
  if (status.state === "live") return <Button onClick={() => order("take-out")}>{t("takeOutProvider")}</Button>;
  return <Button onClick={() => order("bring-back")}>{t("bringBack")}</Button>;
}

/** For how long a person may take a token out; "": until it is brought back. */
const SPANS = ["", "10m", "1h"];

/** What a person can order for a token, by its state. They hold for all workers, and outlast a reload. */
function Orders({ provider, token }: { provider: string; token: ShownToken }) {
  const [isAsked, setAsked] = useState(false);
  if (token.status === undefined) return null;
  const order = async (what: Order["do"], time = "") => {
    setAsked(false);
    await ask("orders", {
      do: what,
      provider,
      token: token.name,
      ...(time === "" ? {} : { for: time }),
    });
    notice.value = t(`order-${what}`, { name: `${provider} / ${token.name}` });
  };
  const takeOut = isAsked ? (
    <span class="actions" role="group" aria-label={t("takeOut")}>
      {SPANS.map(span => (
        <Button kind="small" key={span} onClick={() => order("take-out", span)}>
          {span === "" ? t("untilBack") : t("forTime", { time: span })}
        </Button>
      ))}
      <Button kind="small" label={t("cancel")} onClick={() => setAsked(false)}>
        ×
      </Button>
    </span>
  ) : (
    <Button kind="small" onClick={() => setAsked(true)}>
      {t("takeOut")}
    </Button>
  );
  if (token.word === "live") return takeOut;
  return (
    <>
      {token.word !== "taken-out" && (
        <Button kind="small" onClick={() => order("try-now")}>
          {t("tryNow")}
        </Button>
      )}
      <Button kind="small" onClick={() => order("bring-back")}>
        {t("bringBack")}
      </Button>
    </>
  );
}

function TokenDetails({ token }: { token: ShownToken }) {
  const breaker = breakerOf(token);
  return (
    <div class="details">
      <div>
        <strong dir="auto">{token.name}</strong> {token.fingerprint && <code>#{token.fingerprint}</code>}{" "}
        <StateText state={token.word} />
      </div>
      {breaker === undefined || token.word === "live" ? (
        <span class="note">{token.view ? sourceOf(token.view) : ""}</span>
      ) : (
        <dl class="facts">
          {breaker.model !== undefined && <Fact name={t("only")}>{t("onlyModel", { model: breaker.model })}</Fact>}
          {breaker.cause !== "none" && breaker.cause !== "" && (
            <Fact name={t("cause")}>
              <code>{causeText(breaker.cause)}</code>
            </Fact>
          )}
          {breaker.words !== "" && (
            <Fact name={t("says")}>
              <span dir="auto">“{breaker.words}”</span>
            </Fact>
          )}
          <Fact name={t("outSince")}>
            {t("ago", { time: timeText(breaker.sinceMs) })}
            {breaker.request !== "" && (
              <>
                {", "}
                {t("byRequest")}
                <Link to={`/requests/${breaker.request}`}>
                  <code>#{breaker.request.split("-").pop()}</code>
                </Link>
              </>
            )}
          </Fact>
          <Fact name={t("until")}>{untilText(token, breaker)}</Fact>
          {breaker.learntFrom !== "" && (
            <Fact name={t("learntBy")}>{t("gatewayOfFleet", { id: breaker.learntFrom })}</Fact>
          )}
        </dl>
      )}
    </div>
  );
}

type Breaker = NonNullable<ReturnType<typeof breakerOf>>;

function untilText({ word }: ShownToken, { opensInMs, heldForMs, nextProbeMs, failedProbes }: Breaker): string {
  if (word === "taken-out") return heldForMs > 0 ? t("heldFor", { time: timeText(heldForMs) }) : t("aPerson");
  const failed = failedProbes > 0 ? ` · ${t("failedProbes", { n: failedProbes })}` : "";
  if (nextProbeMs >= 0) return `${t("bringsBack")}; ${t("nextProbe", { time: timeText(nextProbeMs) })}${failed}`;
  if (opensInMs < 0) return `${t("aPerson")}${failed}`;
  return t("aGoodTrial", { time: timeText(opensInMs) });
}

// === What the file says of it ===

const valueAt = (provider: ProviderView, path: string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], provider.fields);

function Settings({ provider }: { provider: ProviderView }) {
  const [changes, setChanges] = useState<Record<string, string>>({});
  const [isAll, setAll] = useState(false);
  const edits = Object.entries(changes).map(([key, text]): Edit => {
    const setting = SETTINGS.find(({ path }) => path.join(".") === key)!;
    const path = ["providers", provider.index, ...setting.path];
    const isGone = text === "" && valueAt(provider, setting.path) !== undefined;
    if (isGone) return { op: "delete", path };
    return { op: "set", path, value: valueOfText(setting, text) };
  });
  const reviewed = useReview(edits);
  return (
    <>
      <Panel title={t("settings")}>
        <div class="body columns three">
          {(isAll ? SETTINGS : SETTINGS.slice(0, COMMON)).map(setting => {
            const key = setting.path.join(".");
            const saved = String(valueAt(provider, setting.path) ?? "");
            return (
              <SettingField
                key={key}
                setting={setting}
                value={changes[key] ?? saved}
                isChanged={key in changes}
                error={reviewed.errorAt(`providers[${provider.index}].${key}`)}
                onChange={next =>
                  setChanges(({ [key]: _, ...others }) => (next === saved ? others : { ...others, [key]: next }))
                }
              />
            );
          })}
        </div>
        <div class="body actions foot">
          {edits.length > 0 && (
            <>
              <Button kind="small" onClick={() => setChanges({})}>
                {t("cancel")}
              </Button>
              <span class="note">{t("changesBelow", { n: edits.length })}</span>
            </>
          )}
          <Button kind="text" onClick={() => setAll(!isAll)}>
            {isAll ? t("showFewer") : t("showAll", { n: SETTINGS.length })}
          </Button>
        </div>
      </Panel>
      <ReviewPanel change={reviewed} onApplied={() => setChanges({})} />
    </>
  );
}

interface SettingFieldProps {
  setting: Setting;
  value: string;
  isChanged: boolean;
  error: string | undefined;
  onChange: (next: string) => void;
}

function SettingField({ setting, value, isChanged, error, onChange }: SettingFieldProps) {
  const { path, fallback, note, options } = setting;
  const at = language.value === "zh" ? 1 : 0;
  const below = (
    <>
      <code>
        <WithBreaks text={path.join(".")} />
      </code>{" "}
      · {t("default")} <code>{fallback || '""'}</code>
      {isChanged && <strong> {t("changed")}</strong>}
      {note && <span class="block">{note[at]}</span>}
    </>
  );
  const shared = { label: setting.label[at], note: below, error };
  return options ? (
    <SelectField {...shared} value={value || fallback} options={options} onChange={onChange} />
  ) : (
    <TextField {...shared} value={value} placeholder={fallback} onInput={onChange} />
  );
}

/** Another host gets none of the saved tokens: they are entered anew, in the same change. */
function AddressAndModels({ provider, onSaved }: { provider: ProviderView; onSaved: (tests: TokenTest[]) => void }) {
  const savedUrl = typeof provider.fields.url === "string" ? provider.fields.url : "";
  const savedModels = provider.models.join(", ");
  const [url, setUrl] = useState<string | null>(null);
  const [models, setModels] = useState<string | null>(null);
  const path = ["providers", provider.index];
  const change = (key: string, typed: string | null, saved: string, value: unknown): Edit[] => {
    if (typed === null || typed === saved) return [];
    return [typed === "" ? { op: "delete", path: [...path, key] } : { op: "set", path: [...path, key], value }];
  };
  const names = (models ?? "").split(",").flatMap(name => name.trim() || []);
  const edits = [...change("url", url, savedUrl, url), ...change("models", models, savedModels, names)];
  const reviewed = useReview(edits);
  const forget = () => {
    setUrl(null);
    setModels(null);
  };
  const mustEnter = reviewed.review?.reenter.includes(provider.id) === true;
  return (
    <>
      <Panel title={t("addressAndModels")}>
        <div class="body columns">
          <TextField
            label={t("address")}
            value={url ?? savedUrl}
            placeholder={provider.address}
            error={reviewed.errorAt(`providers[${provider.index}].url`)}
            note={
              <>
                <code>url</code> · {t("addressNote")}
              </>
            }
            onInput={setUrl}
          />
          <TextField
            label={t("modelsField")}
            value={models ?? savedModels}
            error={reviewed.errorAt(`providers[${provider.index}].models`)}
            note={
              <>
                <code>models</code> · {t("modelsNote")}
              </>
            }
            onInput={setModels}
          />
        </div>
        {mustEnter && (
          <>
            <div class="verdicts">
              <Verdict kind="waits">{t("addressMoves")}</Verdict>
            </div>
            <AddTokens
              provider={provider.id}
              type={provider.type}
              url={url ?? savedUrl}
              models={provider.models}
              edits={edits}
              replacesAll
              onSaved={tests => {
                forget();
                onSaved(tests);
              }}
            />
          </>
        )}
      </Panel>
      {!mustEnter && <ReviewPanel change={reviewed} onApplied={forget} />}
    </>
  );
}

function Rules({ provider }: { provider: ProviderView }) {
  const saved = provider.fields.rules;
  const path = ["providers", provider.index, "rules"];
  const [typed, setTyped] = useState<ReturnType<typeof readRules> | null>(null);
  const reviewed = useReview(typed === null ? [] : ruleEdits(path, saved, typed));
  return (
    <>
      <Panel title={t("rules")}>
        <div class="body">
          <p class="note">{t("rulesText")}</p>
          <RuleList rules={typed ?? readRules(saved)} path={path} errorAt={reviewed.errorAt} onChange={setTyped} />
        </div>
      </Panel>
      <ReviewPanel change={reviewed} onApplied={() => setTyped(null)} />
    </>
  );
}

/** Asked once, with the routes that lose it; one that asks nobody else goes with it. */
function Removal({ provider, onCancel }: { provider: ProviderView; onCancel: () => void }) {
  const { config } = state.value!;
  const losing = routesOfProvider(config, provider.id).map(route => ({
    route,
    edits: withoutProvider(route, provider.id),
  }));
  const going = losing.filter(({ edits }) => edits === null);
  const staying = losing.filter(({ edits }) => edits !== null);
  const edits: Edit[] = [
    ...staying.flatMap(({ edits }) => edits ?? []),
    ...going.map(({ route }): Edit => ({ op: "delete", path: ["routes", route.index] })).reverse(),
    { op: "delete", path: ["providers", provider.index] },
  ];
  const reviewed = useReview(edits);
  const names = (list: typeof losing) => list.map(({ route }) => route.name).join(", ");
  return (
    <div class="asked">
      <Verdict kind="waits">
        {t("removeProviderAsk", { name: provider.id })}{" "}
        {staying.length > 0 ? t("losesIt", { names: names(staying) }) : ""}{" "}
        {going.length > 0 ? t("routeGoes", { names: names(going) }) : ""}{" "}
        <Button kind="text" onClick={onCancel}>
          {t("cancel")}
        </Button>
      </Verdict>
      <ReviewPanel change={reviewed} onApplied={() => go("/providers")} />
    </div>
  );
}

/** Null: the route would ask nobody first. */
function withoutProvider(
  { index, fields }: { index: number; fields: Record<string, unknown> },
  id: string,
): Edit[] | null {
  const kept = (list: unknown) =>
    objects(list).flatMap((value, from) => (value.provider === id ? [] : [{ from, value }]));
  const upstreams = kept(fields.upstreams);
  if (upstreams.length === 0) return null;
  const path = ["routes", index];
  const fallback = object(fields.fallbackConfig).upstreams;
  const left = kept(fallback);
  return [
    ...listEdits([...path, "upstreams"], fields.upstreams, upstreams),
    ...(objects(fallback).length > 0 && left.length === 0
      ? [{ op: "delete" as const, path: [...path, "fallbackConfig"] }]
      : listEdits([...path, "fallbackConfig", "upstreams"], fallback, left)),
  ];
}
