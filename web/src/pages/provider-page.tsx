/** One provider: each token's state and what can be done about it, then its settings. */
import { useState } from "preact/hooks";
import type { Edit, ProviderView, TokenTest } from "../../../cli/console/console-types.js";
import { ask } from "../console-api.js";
import type { Order } from "../../../cli/status/status-types.js";
import { notice, providerStatus, providerWord, query, state } from "../console-state.js";
import { AddTokens, TestResults } from "../parts/add-tokens.js";
import { Button, Link, Panel, SelectField, TextField } from "../parts/controls.js";
import { StateText } from "../parts/marks.js";
import { TokenList } from "../parts/token-list.js";
import { ReviewPanel } from "../parts/review-panel.js";
import { COMMON, SETTINGS, valueOfText } from "../provider-settings.js";
import { causeText, language, t, timeText } from "../words.js";
import { breakerOf, sourceOf, type ShownToken } from "./providers.js";

export function ProviderPage({ id }: { id: string }) {
  const provider = state.value!.config.providers.find(provider => provider.id === id);
  const [isAdding, setAdding] = useState(false);
  const [replaced, setReplaced] = useState<string | undefined>(query.value.get("replace") ?? undefined);
  const [tests, setTests] = useState<TokenTest[]>([]);
  const [removal, setRemoval] = useState<Edit[]>([]);
  if (provider === undefined) return <p class="note">{id}</p>;

  const test = async (names?: string[]) =>
    setTests(
      await ask<TokenTest[]>("test", {
        type: provider.type,
        url: provider.fields.url ?? (provider.isDemo ? provider.address : ""),
        model: provider.models[0] ?? "",
        saved: { provider: id, ...(names && { names }) },
      }),
    );
  const done = (results: TokenTest[]) => {
    setAdding(false);
    setReplaced(undefined);
    setTests(results);
  };

  return (
    <>
      <p class="note">
        <Link to="/providers">{t("providersTitle")}</Link> /
      </p>
      <div class="title">
        <h1>{id}</h1>
        <StateText state={providerWord(provider)} />
        <Button onClick={() => test()}>{t("testAll")}</Button>
        <ProviderOrders provider={provider} />
        <Button kind="primary" onClick={() => setAdding(true)}>
          {t("addTokens")}
        </Button>
      </div>
      <p class="note">
        {t("address")}: <code>{provider.address}</code>
      </p>
      {(isAdding || replaced !== undefined) && (
        <Panel title={replaced === undefined ? t("addTokens") : `${t("replaceToken")} · ${replaced}`}>
          <AddTokens
            provider={id}
            type={provider.type}
            url={String(provider.fields.url ?? "")}
            models={provider.models}
            replaces={replaced}
            onSaved={done}
          />
        </Panel>
      )}
      {tests.length > 0 && (
        <Panel title={t("step3")}>
          <TestResults tests={tests} />
        </Panel>
      )}
      <TokenList provider={provider}>
        {token => (
          <>
            <TokenDetails token={token} />
            <div class="actions">
              <Orders provider={id} token={token} />
              <Button kind="small" onClick={() => test([token.name])}>
                {t("test")}
              </Button>
              {token.view !== undefined && (
                <>
                  <Button kind="small" onClick={() => setReplaced(token.name)}>
                    {t("replace")}
                  </Button>
                  <Button
                    kind="small"
                    onClick={() =>
                      setRemoval([
                        { op: "delete", path: ["providers", provider.index, "apiTokens", token.view!.index] },
                      ])
                    }
                  >
                    {t("remove")}
                  </Button>
                </>
              )}
            </div>
          </>
        )}
      </TokenList>
      <ReviewPanel edits={removal} onApplied={() => setRemoval([])} />
      <Settings provider={provider} />
    </>
  );
}

/** The whole provider: nobody uses it, whatever its tokens are. */
function ProviderOrders({ provider }: { provider: ProviderView }) {
  const status = providerStatus(provider.id);
  if (status === undefined) return null;
  const order = async (what: Order["do"], time?: string) => {
    const { done } = await ask<{ done: string }>("orders", {
      do: what,
      provider: provider.id,
      ...(time === undefined ? {} : { for: time }),
    });
    notice.value = done;
  };
  if (status.state === "live") return <Button onClick={() => order("take-out")}>{t("takeOutProvider")}</Button>;
  return <Button onClick={() => order("bring-back")}>{t("bringBack")}</Button>;
}

/** What a person can order for a token, by its state. They hold for all workers, and outlast a reload. */
function Orders({ provider, token }: { provider: string; token: ShownToken }) {
  if (token.status === undefined) return null;
  const order = async (what: Order["do"], time?: string) => {
    const { done } = await ask<{ done: string }>("orders", {
      do: what,
      provider,
      token: token.name,
      ...(time === undefined ? {} : { for: time }),
    });
    notice.value = done;
  };
  if (token.word === "live")
    return (
      <>
        <Button kind="small" onClick={() => order("take-out")}>
          {t("takeOut")}
        </Button>
        <Button kind="small" onClick={() => order("take-out", "10m")}>
          {t("takeOutFor")}
        </Button>
      </>
    );
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
        <strong>{token.name}</strong> {token.fingerprint && <code>#{token.fingerprint}</code>}{" "}
        <StateText state={token.word} />
      </div>
      {breaker === undefined || token.word === "live" ? (
        <span class="note">{token.view ? sourceOf(token.view) : ""}</span>
      ) : (
        <dl class="facts">
          {breaker.model !== undefined && <Fact name={t("only")}>{t("onlyModel", { model: breaker.model })}</Fact>}
          <Fact name={t("cause")}>
            <code>{causeText(breaker.cause)}</code>
          </Fact>
          {breaker.words !== "" && (
            <Fact name={t("says")}>
              <span dir="auto">“{breaker.words}”</span>
            </Fact>
          )}
          <Fact name={t("outSince")}>
            {t("ago", { time: timeText(breaker.sinceMs) })}
            {breaker.request === "" ? "" : `, ${t("byRequest", { id: breaker.request })}`}
          </Fact>
          <Fact name={t("until")}>
            {breaker.opensInMs < 0 ? t("aPerson") : t("aGoodTrial", { time: timeText(breaker.opensInMs) })}
          </Fact>
        </dl>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Settings({ provider }: { provider: ProviderView }) {
  const [changes, setChanges] = useState<Record<string, string>>({});
  const [isAll, setAll] = useState(false);
  const valueAt = (path: string[]): unknown =>
    path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], provider.fields);
  const edits = Object.entries(changes).map(([key, text]): Edit => {
    const setting = SETTINGS.find(({ path }) => path.join(".") === key)!;
    const path = ["providers", provider.index, ...setting.path];
    const isGone = text === "" && valueAt(setting.path) !== undefined;
    if (isGone) return { op: "delete", path };
    return { op: "set", path, value: valueOfText(setting, text) };
  });
  return (
    <>
      <Panel title={t("settings")}>
        <div class="body columns">
          {(isAll ? SETTINGS : SETTINGS.slice(0, COMMON)).map(setting => {
            const key = setting.path.join(".");
            const saved = String(valueAt(setting.path) ?? "");
            const value = changes[key] ?? saved;
            const change = (next: string) =>
              setChanges(({ [key]: _, ...others }) => (next === saved ? others : { ...others, [key]: next }));
            const note = (
              <>
                <code>{key}</code> · {t("default")} <code>{setting.fallback || '""'}</code>
                {key in changes && <strong> {t("changed")}</strong>}
                {setting.note && <span class="block">{setting.note[language.value === "zh" ? 1 : 0]}</span>}
              </>
            );
            const label = setting.label[language.value === "zh" ? 1 : 0];
            return setting.options ? (
              <SelectField
                key={key}
                label={label}
                value={value || setting.fallback}
                options={setting.options}
                onChange={change}
                note={note}
              />
            ) : (
              <TextField
                key={key}
                label={label}
                value={value}
                placeholder={setting.fallback}
                onInput={change}
                note={note}
              />
            );
          })}
        </div>
        <div class="body actions">
          <Button kind="small" disabled={edits.length === 0} onClick={() => setChanges({})}>
            {t("cancel")}
          </Button>
          <Button kind="text" onClick={() => setAll(!isAll)}>
            {isAll ? t("showFewer") : t("showAll", { n: SETTINGS.length })}
          </Button>
        </div>
      </Panel>
      <ReviewPanel edits={edits} onApplied={() => setChanges({})} />
    </>
  );
}
