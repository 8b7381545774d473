/** A route that is being changed: what it matches, who is asked, who follows, and what the file becomes. */
import { useMemo, useState } from "preact/hooks";
import type { Edit, RouteView } from "../../../cli/console/console-types.js";
import { go, query, state } from "../console-state.js";
import { fieldEdits, listEdits, object, valueOf, type Fields, type Item } from "../list-edits.js";
import { Button, Field, Link, Panel, SelectField, TextField } from "../parts/controls.js";
import { HopList } from "../parts/hop-list.js";
import { Verdict } from "../parts/marks.js";
import { ReviewPanel, useReview } from "../parts/review-panel.js";
import { RouteChain } from "../parts/route-chain.js";
import {
  hopItem,
  hopsOf,
  modelsOf,
  readRoute,
  type ChainHop,
  type Predicate,
  type RouteFields,
} from "../route-fields.js";
import { LIMITS, type Limit } from "../route-limits.js";
import { language } from "../language.js";
import { t } from "../words.js";

const NEW_ROUTE: RouteView = { index: -1, name: "", fields: {} };

export function RouteEditPage({ index }: { index: number }) {
  const { config, file } = state.value!;
  // As it was when it was opened: what somebody else saves meanwhile is not taken back by an edit of something else.
  const [opened] = useState(() => config.routes[index]);
  const route = opened ?? NEW_ROUTE;
  const providers = config.providers.map(({ id }) => id);
  const original = useMemo(() => readRoute(route), []);
  const here =
    opened === undefined ? config.routes.length : config.routes.findIndex(({ name }) => name === opened.name);
  const [draft, setDraft] = useState<RouteFields>(() => startOf(original, providers));
  const [name, setName] = useState(route.name);
  const [limits, setLimits] = useState<Record<string, string>>({});
  const [isRemoved, setRemoved] = useState(false);
  const edits: Edit[] = isRemoved
    ? [{ op: "delete", path: ["routes", here] }]
    : opened === undefined
      ? newRoute(here, name, draft, limits)
      : changes(here, route, original, draft, limits);
  const reviewed = useReview(here < 0 ? [] : edits);
  const errorAt = (place: string) => reviewed.errorAt(`routes[${here}].${place}`);
  const spare = spareOf(draft, providers);
  const change = (part: Partial<RouteFields>) => setDraft({ ...draft, ...part });

  return (
    <>
      <p class="note">
        <Link to="/routes">{t("routes")}</Link> / {opened === undefined ? t("add") : t("edit")}
      </p>
      <div class="title">
        <h1 dir="auto">{route.name || t("addRoute")}</h1>
        {opened !== undefined && !isRemoved && <Button onClick={() => setRemoved(true)}>{t("removeRoute")}</Button>}
        <Button onClick={() => (isRemoved ? setRemoved(false) : go("/routes"))}>{t("cancel")}</Button>
      </div>
      {isRemoved ? (
        <Verdict kind="waits">{t("removeRouteAsk", { models: modelsOf(original).join(", ") })}</Verdict>
      ) : (
        <Panel title={edits.length > 0 ? t("chainWith") : t("chain")}>
          <RouteChain models={modelsOf(draft)} hops={hopsOf(draft)} />
        </Panel>
      )}
      <div class={isRemoved ? "" : "sides"}>
        {!isRemoved && (
          <div>
            <Panel title={t("matches")}>
              <div class="body">
                {opened === undefined && <TextField label={t("name")} value={name} onInput={setName} />}
                <Predicates list={draft.predicates} errorAt={errorAt} onChange={predicates => change({ predicates })} />
              </div>
            </Panel>
            <Panel title={t("upstreams")}>
              <div class="body">
                {draft.upstreams.length > 1 && <p class="note">{t("upstreamsNote")}</p>}
                <HopList
                  hops={draft.upstreams}
                  kind="upstream"
                  providers={providers}
                  spare={spare}
                  onChange={upstreams => change({ upstreams })}
                />
              </div>
            </Panel>
            <Panel title={t("fallback")}>
              <div class="body">
                <label class="check">
                  <input
                    type="checkbox"
                    checked={draft.isFallbackOn}
                    onChange={event => change({ isFallbackOn: event.currentTarget.checked })}
                  />
                  <span>
                    {t("fallbackOn")} <code class="block note">fallbackConfig.enabled</code>
                  </span>
                </label>
                <HopList
                  hops={draft.fallback}
                  kind="fallback"
                  providers={providers}
                  spare={spare}
                  onChange={fallback =>
                    change({
                      fallback,
                      isFallbackOn: draft.isFallbackOn || fallback.length > draft.fallback.length,
                    })
                  }
                />
              </div>
            </Panel>
            <Panel title={t("limits")}>
              <div class="body columns">
                {LIMITS.map(limit => (
                  <LimitField
                    key={limit.key}
                    limit={limit}
                    saved={savedText(route.fields[limit.key])}
                    typed={limits[limit.key]}
                    error={errorAt(limit.key)}
                    onChange={next => setLimits({ ...limits, [limit.key]: next })}
                  />
                ))}
              </div>
            </Panel>
          </div>
        )}
        <div class="sticky">
          {here < 0 ? (
            <Verdict kind="wrong">{t("goneMeanwhile", { name: route.name })}</Verdict>
          ) : edits.length > 0 ? (
            <ReviewPanel change={reviewed} onApplied={() => go("/routes")} />
          ) : (
            <Panel title={file.name}>
              <p class="body note">{t("noChangeYet")}</p>
            </Panel>
          )}
        </div>
      </div>
    </>
  );
}

interface PredicatesProps {
  list: Predicate[];
  errorAt: (place: string) => string | undefined;
  onChange: (list: Predicate[]) => void;
}

function Predicates({ list, errorAt, onChange }: PredicatesProps) {
  return (
    <>
      {list.length === 0 && <p class="note">{t("everyModelHere")}</p>}
      {list.map((predicate, i) => (
        <div class="predicate" key={i}>
          <SelectField
            label={t("model")}
            value={predicate.matchType}
            options={[
              { value: "PRE", text: t("beginsWith") },
              { value: "EQUAL", text: t("equals") },
            ]}
            onChange={matchType => onChange(list.with(i, { ...predicate, matchType }))}
          />
          <TextField
            label={t("name")}
            value={predicate.matchValue}
            error={errorAt(`modelPredicates[${i}].matchValue`)}
            onInput={matchValue => onChange(list.with(i, { ...predicate, matchValue }))}
          />
          <Button kind="small" label={t("remove")} onClick={() => onChange(list.toSpliced(i, 1))}>
            ×
          </Button>
        </div>
      ))}
      <Button kind="small" onClick={() => onChange([...list, { matchType: "PRE", matchValue: "" }])}>
        + {t("add")}
      </Button>
    </>
  );
}

const savedText = (value: unknown): string => (value === undefined || value === null ? "" : String(value as string));

interface LimitFieldProps {
  limit: Limit;
  saved: string;
  typed: string | undefined;
  error: string | undefined;
  onChange: (next: string) => void;
}

function LimitField({ limit, saved, typed, error, onChange }: LimitFieldProps) {
  const { key, fallback, options } = limit;
  const label = limit.label[language.value === "zh" ? 1 : 0];
  const value = typed ?? saved;
  const isChanged = typed !== undefined && typed !== saved;
  const note = (
    <>
      <code>{key}</code> · {t("default")} <code>{fallback}</code>
      {isChanged && <strong> {t("changed")}</strong>}
    </>
  );
  return options ? (
    <SelectField
      {...{ label, note, error, options, onChange }}
      value={options.includes(value) || value === "" ? value || fallback : value}
    />
  ) : (
    <Field {...{ label, note, error }}>
      {(id, describedBy) => (
        <input
          id={id}
          value={value}
          placeholder={fallback}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          autocomplete="off"
          spellcheck={false}
          onInput={event => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** "Add a fallback" on another page opens this one with it. */
function startOf(original: RouteFields, providers: string[]): RouteFields {
  const first: RouteFields =
    original.upstreams.length > 0
      ? original
      : {
          ...original,
          predicates: [{ matchType: "PRE", matchValue: "" }],
          upstreams: [newHop(spareOf(original, providers), "upstream")],
        };
  if (query.value.get("fallback") !== "on") return first;
  const fallback = first.fallback.length > 0 ? first.fallback : [newHop(spareOf(first, providers), "fallback")];
  return { ...first, isFallbackOn: true, fallback };
}

const newHop = (provider: string, kind: ChainHop["kind"]): ChainHop => ({
  ...{ provider, kind, model: "", weight: "", isNew: true },
});

/** A provider that the route does not ask yet. */
const spareOf = ({ upstreams, fallback }: RouteFields, providers: string[]): string =>
  providers.find(id => ![...upstreams, ...fallback].some(({ provider }) => provider === id)) ?? providers[0] ?? "";

/** Only what differs, so that the rest of the file stays as its author wrote it. */
function changes(
  index: number,
  { fields }: RouteView,
  before: RouteFields,
  after: RouteFields,
  limits: Record<string, string>,
): Edit[] {
  const path = ["routes", index];
  const fallback = object(fields.fallbackConfig);
  const hops = after.fallback.map(hopItem);
  const ofFallback: Edit[] =
    fields.fallbackConfig !== undefined
      ? [
          ...(before.isFallbackOn !== after.isFallbackOn && hops.length > 0
            ? [{ op: "set" as const, path: [...path, "fallbackConfig", "enabled"], value: after.isFallbackOn }]
            : []),
          ...listEdits([...path, "fallbackConfig", "upstreams"], fallback.upstreams, hops),
        ]
      : hops.length === 0
        ? []
        : [{ op: "set", path: [...path, "fallbackConfig"], value: fallbackValue(after) }];
  return [
    ...listEdits([...path, "modelPredicates"], fields.modelPredicates, after.predicates.map(predicateItem)),
    ...listEdits([...path, "upstreams"], fields.upstreams, after.upstreams.map(hopItem)),
    ...ofFallback,
    ...fieldEdits(path, pick(fields, Object.keys(limits)), limitValues(fields, limits)),
  ];
}

const predicateItem = ({ from, matchType, matchValue }: Predicate): Item => ({
  from,
  value: { matchType, matchValue },
});

const fallbackValue = ({ isFallbackOn, fallback }: RouteFields): Fields => ({
  enabled: isFallbackOn,
  upstreams: fallback.map(hop => hopItem(hop).value),
});

const pick = (fields: Fields, keys: string[]): Fields =>
  Object.fromEntries(keys.flatMap(key => (fields[key] === undefined ? [] : [[key, fields[key]]])));

/** What was not typed anew stays as it stands. */
const limitValues = (fields: Fields, limits: Record<string, string>): Fields =>
  Object.fromEntries(
    Object.entries(limits).flatMap(([key, typed]): [string, unknown][] => {
      if (typed === savedText(fields[key])) return fields[key] === undefined ? [] : [[key, fields[key]]];
      const isNumber = LIMITS.find(limit => limit.key === key)?.isNumber === true;
      return typed === "" ? [] : [[key, isNumber ? valueOf(typed) : typed]];
    }),
  );

function newRoute(index: number, name: string, draft: RouteFields, limits: Record<string, string>): Edit[] {
  if (name === "") return [];
  const value = {
    name,
    ...(draft.predicates.length > 0 ? { modelPredicates: draft.predicates.map(one => predicateItem(one).value) } : {}),
    upstreams: draft.upstreams.map(hop => hopItem(hop).value),
    ...(draft.fallback.length > 0 ? { fallbackConfig: fallbackValue(draft) } : {}),
    ...limitValues({}, limits),
  };
  return [{ op: "insert", path: ["routes"], index, value }];
}
