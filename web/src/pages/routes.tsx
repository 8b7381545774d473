/** The way of a model: every route as a chain with its live state. */
import { useState } from "preact/hooks";
import type { Edit } from "../../../cli/console/console-types.js";
import { go, routeStatus, state } from "../console-state.js";
import { Button, Panel } from "../parts/controls.js";
import { ReviewPanel } from "../parts/review-panel.js";
import { RouteChain } from "../parts/route-chain.js";
import { hopsOf, modelsOf, readRoute, type RouteFields } from "../route-fields.js";
import { t } from "../words.js";

export function RoutesPage() {
  const { config } = state.value!;
  const [turnedOn, setTurnedOn] = useState<number | null>(null);
  const edits: Edit[] =
    turnedOn === null ? [] : [{ op: "set", path: ["routes", turnedOn, "fallbackConfig", "enabled"], value: true }];
  return (
    <>
      <div class="title">
        <h1>{t("routes")}</h1>
        <Button kind="primary" onClick={() => go(`/routes/${config.routes.length}`)}>
          {t("addRoute")}
        </Button>
      </div>
      {config.routes.map(route => {
        const fields = readRoute(route);
        const isPlanned = !fields.isFallbackOn && fields.fallback.length > 0;
        const counts = routeStatus(route.name)?.requests;
        return (
          <Panel
            key={route.index}
            title={route.name}
            aside={
              <>
                {counts && (
                  <span class="note">
                    {t("servedAtOnce")} {counts.served} · {t("rescued")} {counts.rescued} · {t("failed")}{" "}
                    {counts.failed}
                  </span>
                )}
                <Button kind="small" onClick={() => go(`/routes/${route.index}`)}>
                  {t("edit")}
                </Button>
              </>
            }
          >
            <RouteChain models={modelsOf(fields)} hops={hopsOf(fields)} />
            {isPlanned && (
              <div class="body actions">
                <Button onClick={() => setTurnedOn(route.index)}>{turnOnText(fields)}</Button>
              </div>
            )}
            {turnedOn === route.index && (
              <div class="body">
                <ReviewPanel edits={edits} onApplied={() => setTurnedOn(null)} />
              </div>
            )}
          </Panel>
        );
      })}
    </>
  );
}

/** "Turn on: qwen → deepseek-chat" */
export const turnOnText = ({ upstreams, fallback }: RouteFields): string =>
  t("turnOn", { from: upstreams[0]?.provider ?? "", to: fallback[0]?.model || (fallback[0]?.provider ?? "") });
