/** The way of a model: every route as a chain with its live state; which comes first, and the rules about failures. */
import { useState } from "preact/hooks";
import type { Edit, RouteView } from "../../../cli/console/console-types.js";
import { go, routeStatus, state } from "../console-state.js";
import { Button, Panel } from "../parts/controls.js";
import { ReviewPanel, useReview } from "../parts/review-panel.js";
import { RouteChain } from "../parts/route-chain.js";
import { readRules, RuleList, ruleEdits } from "../parts/rule-list.js";
import { exampleModel, hopsOf, modelsOf, readRoute, type RouteFields } from "../route-fields.js";
import { t } from "../words.js";

export function RoutesPage() {
  const { config } = state.value!;
  const [turnedOn, setTurnedOn] = useState<number | null>(null);
  const [order, setOrder] = useState<number[] | null>(null);
  const isOrdering = order !== null && order.length === config.routes.length;
  const shown = isOrdering ? order.map(i => config.routes[i]!) : config.routes;
  const fallback = useReview(
    turnedOn === null ? [] : [{ op: "set", path: ["routes", turnedOn, "fallbackConfig", "enabled"], value: true }],
  );
  const ordered = useReview(isOrdering ? orderEdits(order) : []);
  const move = (from: number, to: number) => {
    const moved = order![from]!;
    setOrder(order!.toSpliced(from, 1).toSpliced(to, 0, moved));
  };
  return (
    <>
      <div class="title">
        <h1>{t("routes")}</h1>
        {config.routes.length > 1 && (
          <Button onClick={() => setOrder(isOrdering ? null : config.routes.map(({ index }) => index))}>
            {isOrdering ? t("cancel") : t("reorder")}
          </Button>
        )}
        <Button kind="primary" onClick={() => go(`/routes/${config.routes.length}`)}>
          {t("addRoute")}
        </Button>
      </div>
      <p class="note lead">{t("routesText")}</p>
      {isOrdering && <ReviewPanel change={ordered} onApplied={() => setOrder(null)} />}
      {shown.map((route, i) => (
        <RoutePanel
          key={route.name}
          route={route}
          number={i + 1}
          onTurnOn={() => setTurnedOn(route.index)}
          buttons={
            isOrdering && (
              <>
                <Button
                  kind="small"
                  label={`${t("moveUp")}: ${route.name}`}
                  disabled={i === 0}
                  onClick={() => move(i, i - 1)}
                >
                  ↑
                </Button>
                <Button
                  kind="small"
                  label={`${t("moveDown")}: ${route.name}`}
                  disabled={i === shown.length - 1}
                  onClick={() => move(i, i + 1)}
                >
                  ↓
                </Button>
              </>
            )
          }
        >
          {turnedOn === route.index && (
            <div class="body">
              <ReviewPanel change={fallback} onApplied={() => setTurnedOn(null)} />
            </div>
          )}
        </RoutePanel>
      ))}
      {config.routes.length === 0 && (
        <Panel>
          <p class="body note">{t("noRoutes")}</p>
        </Panel>
      )}
      <RulesPanel />
    </>
  );
}

interface RoutePanelProps {
  route: RouteView;
  number: number;
  buttons: preact.ComponentChildren;
  onTurnOn: () => void;
  children: preact.ComponentChildren;
}

function RoutePanel({ route, number, buttons, onTurnOn, children }: RoutePanelProps) {
  const { providers } = state.value!.config;
  const fields = readRoute(route);
  const counts = routeStatus(route.name)?.requests;
  const model = exampleModel(
    fields.predicates,
    providers.flatMap(({ models }) => models),
  );
  return (
    <Panel
      title={`${number}. ${route.name}`}
      aside={
        <>
          {counts && (
            <span class="note">
              {t("servedAtOnce")} {counts.served.toLocaleString()} · {t("rescued")} {counts.rescued.toLocaleString()} ·{" "}
              {t("failed")} {counts.failed.toLocaleString()}
            </span>
          )}
          {buttons || (
            <>
              <Button kind="small" onClick={() => go(`/dry-run?model=${encodeURIComponent(model)}`)}>
                {t("dryRun")}
              </Button>
              <Button kind="small" onClick={() => go(`/routes/${route.index}`)}>
                {t("edit")}
              </Button>
            </>
          )}
        </>
      }
    >
      <RouteChain
        models={modelsOf(fields)}
        hops={hopsOf(fields)}
        end={
          fields.isFallbackOn ? undefined : (
            <Button
              kind="small"
              onClick={() => (fields.fallback.length > 0 ? onTurnOn() : go(`/routes/${route.index}?fallback=on`))}
            >
              {fields.fallback.length > 0 ? turnOnText(fields) : t("addFallback")}
            </Button>
          )
        }
      />
      {children}
    </Panel>
  );
}

/** Moves that bring the routes into this order. */
function orderEdits(order: readonly number[]): Edit[] {
  const now = [...order].sort((a, b) => a - b);
  return order.flatMap((wanted, to): Edit[] => {
    const from = now.indexOf(wanted);
    now.splice(to, 0, ...now.splice(from, 1));
    return from === to ? [] : [{ op: "move", path: ["routes"], from, to }];
  });
}

/** "Turn on: qwen → deepseek-chat" */
export const turnOnText = ({ upstreams, fallback }: RouteFields): string =>
  t("turnOn", { from: upstreams[0]?.provider ?? "", to: fallback[0]?.model || (fallback[0]?.provider ?? "") });

function RulesPanel() {
  const saved = state.value!.config.gateway.rules;
  const [typed, setTyped] = useState<ReturnType<typeof readRules> | null>(null);
  const rules = typed ?? readRules(saved);
  const reviewed = useReview(typed === null ? [] : ruleEdits(["rules"], saved, typed));
  return (
    <>
      <Panel title={t("rules")}>
        <div class="body">
          <p class="note">
            {t("rulesOfAll")} {t("rulesText")}
          </p>
          <RuleList rules={rules} path={["rules"]} errorAt={reviewed.errorAt} onChange={setTyped} />
        </div>
      </Panel>
      <ReviewPanel change={reviewed} onApplied={() => setTyped(null)} />
    </>
  );
}
