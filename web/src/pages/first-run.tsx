/** From nothing to a working request: a provider, its tokens, and a line to try. Also how a further provider is added. */
import { useState } from "preact/hooks";
import type { Edit, TokenTest } from "../../../cli/console/console-types.js";
import { lookAround } from "../app.js";
import { go, presets, state } from "../console-state.js";
import { AddTokens, TestResults } from "../parts/add-tokens.js";
import { Button, CopyButton, Panel, SelectField, TextField } from "../parts/controls.js";
import { t } from "../words.js";

/** The types that the article's walkthrough takes first, in its order. */
const FIRST_TYPES = ["qwen", "deepseek"];

export function FirstRunPage() {
  const { config, gateway, file } = state.value!;
  const hasToken = (type: string) =>
    config.providers.some(
      provider => provider.type === type && provider.tokens.some(token => !token.isMissing) && !provider.isDemo,
    );
  const [type, setType] = useState(FIRST_TYPES.find(type => !hasToken(type)) ?? "openai");
  const [url, setUrl] = useState<string | null>(null);
  const [tests, setTests] = useState<TokenTest[] | null>(null);
  const preset = presets.value.find(preset => preset.type === type);
  const known = config.providers.find(provider => provider.type === type);
  const address = url ?? known?.address ?? preset?.address ?? "";
  const model = known?.models[0] ?? "";
  const isOwnUrl = address !== (preset?.address ?? "");

  const addProvider: Edit[] =
    known !== undefined
      ? []
      : [
          {
            op: "insert",
            path: ["providers"],
            index: config.providers.length,
            value: { type, ...(isOwnUrl ? { url: address } : {}), apiTokens: [] },
          },
        ];
  const restart = () => {
    setType(FIRST_TYPES.find(type => !hasToken(type)) ?? "openai");
    setUrl(null);
    setTests(null);
    document.querySelector("textarea")?.focus();
  };
  const curl = [
    `curl ${gateway.address}/v1/chat/completions -H 'content-type: application/json' \\`,
    `  -d '{"model": "${model || "…"}", "messages": [{"role": "user", "content": "${t("defaultMessage")}"}]}'`,
  ].join("\n");

  return (
    <div class="narrow">
      <h1>{gateway.isDemo ? t("firstTitle") : t("addProvider")}</h1>
      <p>{t("firstText", { file: file.name })}</p>
      <Panel title={t("step1")}>
        <div class="body columns">
          <SelectField
            label={t("type")}
            value={type}
            options={presets.value.map(({ type }) => type)}
            onChange={next => {
              setType(next);
              setUrl(null);
              setTests(null);
            }}
            note={t("typeNote", { n: presets.value.length })}
          />
          <TextField label={t("address")} value={address} onInput={setUrl} note={t("addressNote")} />
        </div>
      </Panel>
      <Panel title={t("step2")}>
        <AddTokens
          key={type}
          provider={known?.id ?? type}
          type={type}
          url={isOwnUrl ? address : ""}
          models={known?.models ?? []}
          edits={addProvider}
          onSaved={setTests}
        />
      </Panel>
      {tests !== null && (
        <Panel title={t("step3")}>
          <TestResults tests={tests} />
          <div class="body">
            <div class="label-row">
              <strong>{t("gatewayAnswers")}</strong>
              <CopyButton text={curl} />
            </div>
            <pre tabIndex={0}>
              <code>{curl}</code>
            </pre>
            <div class="actions">
              <Button kind="primary" onClick={restart}>
                {t("addSecond")}
              </Button>
              <Button onClick={() => go(`/try?model=${encodeURIComponent(model)}`)}>{t("tryHere")}</Button>
            </div>
          </div>
        </Panel>
      )}
      {gateway.isDemo && (
        <p class="centre">
          {t("noToken")}{" "}
          <Button kind="text" onClick={lookAround}>
            {t("lookAround")}
          </Button>
        </p>
      )}
    </div>
  );
}
