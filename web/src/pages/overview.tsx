/** Is anything wrong, who answers, and what did failover save. */
import { attentionOf, type Attention } from "../attention.js";
import { go, liveTokens, routeStatus, state } from "../console-state.js";
import { Button, Link, Panel } from "../parts/controls.js";
import { Mark, StateText } from "../parts/marks.js";
import { firstLive, Marks, wordOf } from "../parts/route-chain.js";
import { hopsOf, modelsOf, readRoute } from "../route-fields.js";
import { providerStatus } from "../console-state.js";
import { causeText, t, timeText, type Word } from "../words.js";

const MOST_EVENTS = 12;

export function OverviewPage() {
  const { status } = state.value!;
  return (
    <>
      <h1>{t("overview")}</h1>
      <AttentionPanel />
      {status === null ? <p class="note">{t("noStatus")}</p> : <Figures />}
      <WhoAnswers />
      {status !== null && <LastChanges />}
    </>
  );
}

function AttentionPanel() {
  const list = attentionOf(state.value!);
  return (
    <Panel title={`${t("attention")}${list.length > 0 ? ` · ${list.length}` : ""}`}>
      {list.length === 0 ? (
        <p class="body">
          <Mark state="live" label="" /> {t("nothingToDo")}
        </p>
      ) : (
        <ul class="rows">
          {list.map((item, i) => (
            <li key={i}>
              <AttentionRow item={item} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function AttentionRow({ item }: { item: Attention }) {
  if (item.kind === "token-out")
    return (
      <>
        <span>
          <Mark state="out" />{" "}
          {t("outFor", { token: `${item.provider} / ${item.token}`, cause: causeText(item.cause) })} ·{" "}
          {t("ago", { time: timeText(item.sinceMs) })}
          {item.words !== "" && (
            <span class="note block" dir="auto">
              {t("providerSays", { words: item.words })}
            </span>
          )}
        </span>
        <Button
          kind="small"
          onClick={() =>
            go(`/providers/${encodeURIComponent(item.provider)}?replace=${encodeURIComponent(item.token)}`)
          }
        >
          {t("replaceToken")}
        </Button>
      </>
    );
  return (
    <>
      <span>
        <Mark state="rate-limited" label="" /> {t("noFallback", { route: item.name })}
        <span class="note block">{t("noFallbackText", { provider: item.provider })}</span>
      </span>
      <Button kind="small" onClick={() => go(`/routes/${item.route}?fallback=on`)}>
        {t("addFallback")}
      </Button>
    </>
  );
}

const FIGURES: { word: Word; of: "served" | "rescued" | "failed" | "returned" }[] = [
  { word: "servedAtOnce", of: "served" },
  { word: "rescued", of: "rescued" },
  { word: "failed", of: "failed" },
  { word: "returned", of: "returned" },
];

function Figures() {
  const routes = state.value!.status!.sites.flatMap(site => site.routes);
  const sum = (name: "served" | "rescued" | "failed" | "returned") =>
    routes.reduce((total, { requests }) => total + requests[name], 0);
  return (
    <dl class="panel figures">
      {FIGURES.map(({ word, of }) => (
        <div key={word}>
          <dt>{t(word)}</dt>
          <dd>{sum(of).toLocaleString()}</dd>
          <dd class="note">{t("inAll")}</dd>
        </div>
      ))}
    </dl>
  );
}

function WhoAnswers() {
  const { config } = state.value!;
  return (
    <Panel title={t("whoAnswers")}>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("whoAnswers")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("route")}</th>
              <th scope="col">{t("models")}</th>
              <th scope="col">{t("answersNow")}</th>
              <th scope="col">{t("ifThatFails")}</th>
              <th scope="col">{t("liveHops")}</th>
              <th scope="col" class="number">
                {t("rescued")}
              </th>
            </tr>
          </thead>
          <tbody>
            {config.routes.map(route => {
              const fields = readRoute(route);
              const hops = hopsOf(fields);
              const answering = firstLive(hops);
              const next = answering && firstLive(hops.slice(hops.indexOf(answering) + 1));
              const tokens = hops.flatMap(({ provider }) => providerStatus(provider)?.tokens ?? []);
              return (
                <tr key={route.index}>
                  <td>
                    <Link to={`/routes/${route.index}`}>{route.name}</Link>
                  </td>
                  <td>
                    <code>{modelsOf(fields).join(", ")}</code>
                  </td>
                  <td>
                    {answering === undefined ? (
                      <StateText state={hops[0] ? wordOf(hops[0].provider) : "no-token"} />
                    ) : (
                      <>
                        <Mark state={wordOf(answering.provider)} /> <strong>{answering.provider}</strong>{" "}
                        <span class="note">
                          {liveTokens(answering.provider)
                            .map(token => token.name)
                            .slice(0, 3)
                            .join(", ")}
                        </span>
                      </>
                    )}
                  </td>
                  <td>
                    {next === undefined ? (
                      <span class="note">{t("nothingFollows")}</span>
                    ) : (
                      <>
                        {next.provider} {next.model === "" ? "" : <code>→ {next.model}</code>}
                      </>
                    )}
                  </td>
                  <td>
                    {tokens.length <= 8 && <Marks states={tokens.map(token => token.state)} />}{" "}
                    {t("nOfM", { n: tokens.filter(token => token.state === "live").length, m: tokens.length })}
                  </td>
                  <td class="number">{(routeStatus(route.name)?.requests.rescued ?? 0).toLocaleString()}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function LastChanges() {
  const history = state.value!.status!.history.slice(0, MOST_EVENTS);
  return (
    <Panel title={t("lastEvents")}>
      {history.length === 0 ? (
        <p class="body note">{t("noEvents")}</p>
      ) : (
        <ul class="rows events">
          {history.map((change, i) => (
            <li key={i}>
              <span class="note when">{t("ago", { time: timeText(change.agoMs) })}</span>
              <span>
                <Mark state={change.state} label="" /> {change.provider}
                {change.token === "" ? "" : ` / ${change.token}`}{" "}
                {change.model === "" ? "" : <code>{change.model}</code>} {t(change.state)}{" "}
                {change.cause === "" || change.state === "live" ? "" : `· ${causeText(change.cause)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
