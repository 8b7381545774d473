/** A route that is being changed: what it matches, who is asked, who follows, and what the file becomes. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Edit, RouteView } from "../../../cli/console/console-types.js";
import { go, query, state } from "../console-state.js";
import { Button, Link, Panel, SelectField, TextField } from "../parts/controls.js";
import { ReviewPanel } from "../parts/review-panel.js";
import { RouteChain, type ChainHop } from "../parts/route-chain.js";
import { hopsOf, modelsOf, readRoute, upstreamValue, type RouteFields } from "../route-fields.js";
import { t } from "../words.js";

interface Limit {
  key: string;
  label: [string, string];
  fallback: string;
  options?: string[];
}

const LIMITS: Limit[] = [
  { key: "firstTokenTimeout", label: ["First token within", "首个 token 时限"], fallback: "60s" },
  { key: "timeout", label: ["Whole request within", "整个请求时限"], fallback: "10m" },
  {
    key: "guard",
    label: ["Hold the answer until", "答复保留到"],
    fallback: "first-event",
    options: ["none", "first-event", "full"],
  },
  { key: "maxWait", label: ["Wait for a rate limit", "限流时最多等待"], fallback: "15s" },
];

const NEW_ROUTE: RouteView = { index: -1, name: "", fields: {} };

export function RouteEditPage({ index }: { index: number }) {
  const { config } = state.value!;
  // As it was when it was opened: what somebody else saves meanwhile is not taken back by an edit of something else.
  const [opened] = useState(() => config.routes[index]);
  const route = opened ?? NEW_ROUTE;
  const original = useMemo(() => readRoute(route), []);
  const here =
    opened === undefined ? config.routes.length : config.routes.findIndex(({ name }) => name === opened.name);
  const [draft, setDraft] = useState<RouteFields>(() =>
    startOf(
      original,
      config.providers.map(({ id }) => id),
    ),
  );
  const [name, setName] = useState(route.name);
  const [limits, setLimits] = useState<Record<string, string>>({});
  const [spoken, setSpoken] = useState("");
  const list = useRef<HTMLOListElement>(null);
  // The focus goes with the hop that was moved by a key.
  const [movedTo, setMovedTo] = useState<number | null>(null);
  useEffect(() => {
    if (movedTo === null) return;
    const row = list.current?.children[movedTo];
    if (!row?.contains(document.activeElement)) row?.querySelector("select")?.focus();
    setMovedTo(null);
  }, [movedTo]);
  const edits =
    opened === undefined ? newRoute(here, name, draft, limits) : changes(here, route, original, draft, limits);
  const providers = config.providers.map(({ id }) => id);

  const change = (part: Partial<RouteFields>) => setDraft({ ...draft, ...part });
  const move = (from: number, to: number) => {
    if (to < 0 || to >= draft.fallback.length) return;
    const list = [...draft.fallback];
    const [hop] = list.splice(from, 1);
    list.splice(to, 0, hop!);
    change({ fallback: list });
    setMovedTo(to);
    setSpoken(t("moved", { name: hop!.provider, position: to + 1 }));
  };

  return (
    <>
      <p class="note">
        <Link to="/routes">{t("routes")}</Link> / {t("edit")}
      </p>
      <div class="title">
        <h1>{route.name || t("addRoute")}</h1>
        <Button onClick={() => go("/routes")}>{t("cancel")}</Button>
      </div>
      <Panel title={edits.length > 0 ? t("chainWith") : t("chain")}>
        <RouteChain models={modelsOf(draft)} hops={hopsOf(draft)} />
      </Panel>
      <div class="sides">
        <div>
          <Panel title={t("matches")}>
            <div class="body">
              {opened === undefined && <TextField label={t("name")} value={name} onInput={setName} />}
              {draft.predicates.map((predicate, i) => (
                <div class="columns" key={i}>
                  <SelectField
                    label={t("model")}
                    value={predicate.matchType}
                    options={[
                      { value: "PRE", text: t("beginsWith") },
                      { value: "EQUAL", text: t("equals") },
                    ]}
                    onChange={matchType =>
                      change({ predicates: draft.predicates.with(i, { ...predicate, matchType }) })
                    }
                  />
                  <TextField
                    label={t("name")}
                    value={predicate.matchValue}
                    onInput={matchValue =>
                      change({ predicates: draft.predicates.with(i, { ...predicate, matchValue }) })
                    }
                  />
                </div>
              ))}
              <Button
                kind="small"
                onClick={() => change({ predicates: [...draft.predicates, { matchType: "PRE", matchValue: "" }] })}
              >
                + {t("add")}
              </Button>
            </div>
          </Panel>
          <Panel title={t("upstreams")}>
            <div class="body">
              {draft.upstreams.map((hop, i) => (
                <HopRow
                  key={i}
                  hop={hop}
                  providers={providers}
                  onChange={next => change({ upstreams: draft.upstreams.with(i, next) })}
                />
              ))}
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
                  {t("fallbackOn")} <code>fallbackConfig.enabled</code>
                </span>
              </label>
              <ol class="hops" ref={list}>
                {draft.fallback.map((hop, i) => (
                  <li
                    key={i}
                    draggable
                    onDragStart={event => event.dataTransfer?.setData("text/plain", String(i))}
                    onDragOver={event => event.preventDefault()}
                    onDrop={event => {
                      event.preventDefault();
                      move(Number(event.dataTransfer?.getData("text/plain")), i);
                    }}
                    onKeyDown={event => {
                      if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
                      event.preventDefault();
                      move(i, event.key === "ArrowUp" ? i - 1 : i + 1);
                    }}
                  >
                    <HopRow
                      hop={hop}
                      providers={providers}
                      onChange={next => change({ fallback: draft.fallback.with(i, next) })}
                    />
                    <Button kind="small" label={t("moveUp")} disabled={i === 0} onClick={() => move(i, i - 1)}>
                      ↑
                    </Button>
                    <Button
                      kind="small"
                      label={t("moveDown")}
                      disabled={i === draft.fallback.length - 1}
                      onClick={() => move(i, i + 1)}
                    >
                      ↓
                    </Button>
                    <Button
                      kind="small"
                      label={t("remove")}
                      onClick={() => change({ fallback: draft.fallback.toSpliced(i, 1) })}
                    >
                      ×
                    </Button>
                  </li>
                ))}
              </ol>
              <div class="actions">
                <Button
                  kind="small"
                  onClick={() =>
                    change({
                      isFallbackOn: true,
                      fallback: [
                        ...draft.fallback,
                        { provider: spareOf(draft, providers), model: "", kind: "fallback", isNew: true },
                      ],
                    })
                  }
                >
                  + {t("add")}
                </Button>
                <span class="note">Alt+↑ ↓</span>
              </div>
              <div class="visually-hidden" role="status">
                {spoken}
              </div>
            </div>
          </Panel>
          <Panel title={t("limits")}>
            <div class="body columns">
              {LIMITS.map(({ key, label, fallback, options }) => {
                const value = limits[key] ?? String(route.fields[key] ?? "");
                const note = (
                  <>
                    <code>{key}</code> · {t("default")} <code>{fallback}</code>
                  </>
                );
                const text = label[document.documentElement.lang === "zh-CN" ? 1 : 0];
                const set = (next: string) => setLimits({ ...limits, [key]: next });
                return options ? (
                  <SelectField
                    key={key}
                    label={text}
                    value={value || fallback}
                    options={options}
                    onChange={set}
                    note={note}
                  />
                ) : (
                  <TextField key={key} label={text} value={value} placeholder={fallback} onInput={set} note={note} />
                );
              })}
            </div>
          </Panel>
        </div>
        <div class="sticky">
          {here < 0 ? (
            <p class="verdict wrong">{t("goneMeanwhile", { name: route.name })}</p>
          ) : (
            <ReviewPanel edits={edits} onApplied={() => go("/routes")} />
          )}
        </div>
      </div>
    </>
  );
}

/** "Add a fallback" on another page opens this one with it. */
function startOf(original: RouteFields, providers: string[]): RouteFields {
  if (query.value.get("fallback") !== "on") return original;
  const spare: ChainHop = { provider: spareOf(original, providers), model: "", kind: "fallback", isNew: true };
  return { ...original, isFallbackOn: true, fallback: original.fallback.length > 0 ? original.fallback : [spare] };
}

/** A provider that the route does not ask yet. */
const spareOf = ({ upstreams, fallback }: RouteFields, providers: string[]): string =>
  providers.find(id => ![...upstreams, ...fallback].some(({ provider }) => provider === id)) ?? providers[0] ?? "";

function HopRow({
  hop,
  providers,
  onChange,
}: {
  hop: ChainHop;
  providers: string[];
  onChange: (hop: ChainHop) => void;
}) {
  return (
    <div class="hop">
      <select
        aria-label={t("providers")}
        value={hop.provider}
        onChange={event => onChange({ ...hop, provider: event.currentTarget.value })}
      >
        {providers.map(id => (
          <option key={id}>{id}</option>
        ))}
      </select>
      <input
        aria-label={t("modelThere")}
        value={hop.model}
        placeholder={t("sameModel")}
        onInput={event => onChange({ ...hop, model: event.currentTarget.value })}
      />
    </div>
  );
}

/** Only what differs, so that the rest of the file stays as its author wrote it. */
function changes(
  index: number,
  route: RouteView,
  before: RouteFields,
  after: RouteFields,
  limits: Record<string, string>,
): Edit[] {
  const at = (...path: string[]) => ["routes", index, ...path];
  const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  const edits: Edit[] = [];
  if (differs(before.predicates, after.predicates))
    edits.push({ op: "set", path: at("modelPredicates"), value: after.predicates });
  if (differs(before.upstreams, after.upstreams))
    edits.push({ op: "set", path: at("upstreams"), value: after.upstreams.map(upstreamValue) });
  const hadFallback = route.fields.fallbackConfig !== undefined;
  const isFallbackChanged = differs(before.fallback.map(upstreamValue), after.fallback.map(upstreamValue));
  if (!hadFallback && after.fallback.length > 0)
    edits.push({
      op: "set",
      path: at("fallbackConfig"),
      value: { enabled: after.isFallbackOn, upstreams: after.fallback.map(upstreamValue) },
    });
  else if (hadFallback) {
    if (before.isFallbackOn !== after.isFallbackOn)
      edits.push({ op: "set", path: at("fallbackConfig", "enabled"), value: after.isFallbackOn });
    if (isFallbackChanged)
      edits.push({ op: "set", path: at("fallbackConfig", "upstreams"), value: after.fallback.map(upstreamValue) });
  }
  for (const [key, value] of Object.entries(limits)) {
    const saved = String(route.fields[key] ?? "");
    if (value === saved) continue;
    edits.push(value === "" ? { op: "delete", path: at(key) } : { op: "set", path: at(key), value });
  }
  return edits;
}

function newRoute(index: number, name: string, draft: RouteFields, limits: Record<string, string>): Edit[] {
  if (name === "") return [];
  const value = {
    name,
    modelPredicates: draft.predicates,
    upstreams: draft.upstreams.map(upstreamValue),
    ...(draft.fallback.length > 0
      ? { fallbackConfig: { enabled: draft.isFallbackOn, upstreams: draft.fallback.map(upstreamValue) } }
      : {}),
    ...Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== "")),
  };
  return [{ op: "insert", path: ["routes"], index, value }];
}
