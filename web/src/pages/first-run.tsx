/** From nothing to a working request: a provider, its tokens, and a line to try. Also how a further provider is added. */
import { useState } from "preact/hooks";
import type { Edit, PresetView, ProviderView, TokenTest } from "../../../cli/console/console-types.js";
import { go, presets, state } from "../console-state.js";
import { AddTokens, TestResults } from "../parts/add-tokens.js";
import { Button, CopyButton, Panel, SelectField, TextField } from "../parts/controls.js";
import { exampleModel, readRoute, routesOfProvider } from "../route-fields.js";
import { curlText } from "../snippets.js";
import { t } from "../words.js";

/** The types that the article's walkthrough takes first, in its order. */
const FIRST_TYPES = ["qwen", "deepseek"];

/** What is typed of a provider; null: as the type has it. */
interface Draft {
  type: string;
  id: string | null;
  url: string | null;
  prefixes: string | null;
}

export function FirstRunPage({ onSkip }: { onSkip: () => void }) {
  const { config, gateway, file } = state.value!;
  const [draft, setDraft] = useState<Draft>(() => newDraft(nextType(config.providers)));
  const [tests, setTests] = useState<TokenTest[] | null>(null);
  const preset = presets.value.find(({ type }) => type === draft.type);
  const id = draft.id ?? draft.type;
  const known = config.providers.find(provider => provider.id === id);
  const isOther = known !== undefined && known.type !== draft.type;
  const hasTokens = known !== undefined && hasOwnTokens(known);
  const address = draft.url ?? known?.address ?? preset?.address ?? "";
  const url = address === (preset?.address ?? "") ? "" : address;
  const routes = known === undefined ? [] : routesOfProvider(config, id);
  const prefixes = draft.prefixes ?? (draft.id === null ? (preset?.prefixes ?? []).join(", ") : "");
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const edits = [
    ...(known === undefined
      ? [newProvider(config.providers.length, draft.type, id, url, preset)]
      : draft.url !== null && !hasTokens
        ? [urlEdit(known, url)]
        : []),
    ...(routes.length === 0 ? [newRoute(config.routes.length, id, prefixes)] : []),
  ];
  const restart = () => {
    setDraft(newDraft(nextType(state.value!.config.providers)));
    setTests(null);
    document.querySelector("textarea")?.focus();
  };

  return (
    <div class="narrow">
      <h1>{gateway.isDemo ? t("firstTitle") : t("addProvider")}</h1>
      <p class="note lead">{t("firstText", { file: file.name })}</p>
      <Panel title={t("step1")}>
        <div class="body columns two">
          <SelectField
            label={t("type")}
            value={draft.type}
            options={presets.value.map(({ type }) => type)}
            onChange={type => {
              setDraft(newDraft(type));
              setTests(null);
            }}
            note={t("typeNote", { n: presets.value.length })}
          />
          <TextField
            label={t("address")}
            value={address}
            placeholder="https://…/v1"
            onInput={url => change({ url })}
            note={hasTokens ? t("addressOnItsPage") : t("addressNote")}
            isFixed={hasTokens}
          />
          <TextField
            label={t("name")}
            value={id}
            onInput={id => change({ id })}
            error={isOther ? t("nameTaken", { name: id, type: known.type }) : undefined}
            note={known === undefined ? t("nameNote") : t("nameKnown")}
          />
          {routes.length === 0 && (
            <TextField
              label={t("prefixes")}
              value={prefixes}
              placeholder="*"
              onInput={prefixes => change({ prefixes })}
              note={t("prefixesNote")}
            />
          )}
        </div>
      </Panel>
      <Panel title={t("step2")}>
        <AddTokens
          key={draft.type}
          provider={id}
          type={draft.type}
          url={url}
          models={known?.models ?? []}
          edits={edits}
          isOptional={preset?.variable === ""}
          isDisabled={isOther || id === "" || address === ""}
          onSaved={setTests}
        />
      </Panel>
      {tests !== null && <Result tests={tests} provider={id} onFurther={restart} />}
      {gateway.isDemo && tests === null && (
        <p class="centre">
          {t("noToken")}{" "}
          <Button kind="text" onClick={onSkip}>
            {t("lookAround")}
          </Button>
        </p>
      )}
    </div>
  );
}

const newDraft = (type: string): Draft => ({ type, id: null, url: null, prefixes: null });

const hasOwnTokens = ({ tokens, isDemo }: ProviderView): boolean => !isDemo && tokens.some(token => !token.isMissing);

/** The first of the walkthrough's that has no token yet. */
const nextType = (providers: readonly ProviderView[]): string =>
  FIRST_TYPES.find(type => !providers.some(provider => provider.type === type && hasOwnTokens(provider))) ?? "openai";

function newProvider(index: number, type: string, id: string, url: string, preset: PresetView | undefined): Edit {
  const value = {
    ...(id === type ? {} : { id }),
    type,
    ...(url === "" ? {} : { url }),
    ...(preset?.variable === "" ? {} : { apiTokens: [] }),
  };
  return { op: "insert", path: ["providers"], index, value };
}

function urlEdit({ index, fields }: ProviderView, url: string): Edit {
  const path = ["providers", index, "url"];
  return url === "" && "url" in fields ? { op: "delete", path } : { op: "set", path, value: url };
}

/** A provider that no route asks would never answer. */
function newRoute(index: number, id: string, prefixes: string): Edit {
  const names = prefixes.split(",").flatMap(name => name.trim().replace(/\*$/, "") || []);
  const value = {
    name: id,
    ...(names.length > 0 ? { modelPredicates: names.map(matchValue => ({ matchType: "PRE", matchValue })) } : {}),
    upstreams: [{ provider: id }],
  };
  return { op: "insert", path: ["routes"], index, value };
}

/** What came of it, and a line that works. */
function Result({ tests, provider, onFurther }: { tests: TokenTest[]; provider: string; onFurther: () => void }) {
  const { config, gateway } = state.value!;
  const model = workingModel(tests, provider);
  const curl = curlText(gateway.address, model, t("defaultMessage"));
  return (
    <Panel title={t("step3")}>
      {tests.length > 0 && <TestResults tests={tests} />}
      <div class="body">
        <div class="label-row">
          <strong>
            {t(tests.length === 0 || tests.some(({ result }) => result === "works") ? "gatewayAnswers" : "onceItWorks")}
          </strong>
          <CopyButton text={curl} />
        </div>
        <pre tabIndex={0}>
          <code>{curl}</code>
        </pre>
        {"clientKeys" in config.gateway && <p class="note">{t("curlNeedsKey")}</p>}
        <div class="actions">
          <Button kind="primary" onClick={onFurther}>
            {t("addSecond")}
          </Button>
          <Button onClick={() => go(`/try?model=${encodeURIComponent(model)}`)}>{t("tryHere")}</Button>
        </div>
      </div>
    </Panel>
  );
}

/** A model that a route leads to this provider: one that was tested, is known, or that the provider listed. */
function workingModel(tests: readonly TokenTest[], id: string): string {
  const { config } = state.value!;
  const tested = tests.map(({ model }) => model);
  const listed = tests.flatMap(({ models }) => models);
  const known = config.providers.find(provider => provider.id === id)?.models ?? [];
  const asked = routesOfProvider(config, id).filter(route =>
    readRoute(route).upstreams.some(({ provider }) => provider === id),
  );
  const predicates = asked[0] === undefined ? [] : readRoute(asked[0]).predicates;
  return exampleModel(
    predicates,
    [...tested, ...known, ...listed].filter(model => model !== ""),
  );
}
