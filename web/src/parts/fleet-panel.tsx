/** How this gateway stands with its fleet: who else is there, and what it has learnt from them. */
import type { BreakerStatus, FleetStatus } from "../../../cli/status/status-types.js";
import { state } from "../console-state.js";
import { timeText } from "../times.js";
import { causeText, t } from "../words.js";
import { Fact, Link, Panel } from "./controls.js";
import { Mark, Verdict, type StateWord } from "./marks.js";

const STATES: Record<FleetStatus["state"], StateWord> = {
  "in-step": "live",
  joining: "half-open",
  alone: "rate-limited",
};

export function FleetPanel({ fleet }: { fleet: FleetStatus }) {
  const { name, gateway, why, sinceMs, heardMs, unsigned, gateways, seen } = fleet;
  const learnt = learntEntries();
  return (
    <Panel
      title={t("fleet", { name })}
      aside={
        <span class="state">
          <Mark state={STATES[fleet.state]} label="" /> {t(`fleet-${fleet.state}`)}
        </span>
      }
    >
      <div class="body">
        {why !== "" && <Verdict kind="waits">{why}</Verdict>}
        {unsigned > 0 && <Verdict kind="waits">{t("fleetUnsigned", { n: unsigned })}</Verdict>}
        <dl class="facts">
          <Fact name={t("state")}>
            {t("fleetSince", { time: timeText(sinceMs) })} ·{" "}
            {heardMs < 0 ? t("neverHeard") : t("heardAgo", { time: timeText(heardMs) })}
          </Fact>
          <Fact name={t("fleetGateways", { n: gateways })}>
            <ul class="seen">
              <li>
                <code>{gateway}</code> <span class="note">{t("thisGateway")}</span>
              </li>
              {seen
                .filter(other => other.gateway !== gateway)
                .map(other => (
                  <li key={other.gateway}>
                    <code>{other.gateway}</code>{" "}
                    <span class="note">{t("seenAgo", { time: timeText(other.agoMs) })}</span>
                  </li>
                ))}
            </ul>
          </Fact>
          <Fact name={t("learntOfFleet")}>
            {learnt.length === 0 ? (
              <span class="note">{t("learntNothing")}</span>
            ) : (
              <ul class="seen">
                {learnt.map(({ provider, token, model, breaker }) => (
                  <li key={`${provider}/${token}/${model}`}>
                    <Mark state={breaker.state} />{" "}
                    <Link to={`/providers/${encodeURIComponent(provider)}`}>
                      {token === "" ? provider : `${provider} / ${token}`}
                    </Link>{" "}
                    {model !== "" && <code dir="auto">{model}</code>} <code>{causeText(breaker.cause)}</code>{" "}
                    <span class="note">{t("learntOne", { id: breaker.learntFrom })}</span>
                  </li>
                ))}
              </ul>
            )}
          </Fact>
        </dl>
      </div>
    </Panel>
  );
}

interface Learnt {
  provider: string;
  token: string;
  model: string;
  breaker: BreakerStatus;
}

/** What another gateway learnt and this one goes by. */
function learntEntries(): Learnt[] {
  const providers = state.value!.status?.sites[0]?.providers ?? [];
  return providers
    .flatMap(
      ({
        id: provider,
        breaker,
        models,
        apis,
        tokens,
      }): (Omit<Learnt, "breaker"> & { breaker: BreakerStatus | null })[] => [
        { provider, token: "", model: "", breaker },
        ...[...models, ...apis].map(each => ({ provider, token: "", model: each.model, breaker: each })),
        ...tokens.flatMap(token => [
          { provider, token: token.name, model: "", breaker: token.breaker },
          ...token.models.map(each => ({ provider, token: token.name, model: each.model, breaker: each })),
        ]),
      ],
    )
    .filter((entry): entry is Learnt => entry.breaker !== null && entry.breaker.learntFrom !== "");
}
