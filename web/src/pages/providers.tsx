/** Which token is out, why, and until when: every provider with its tokens, in the file's order. */
import type { ProviderView, TokenView } from "../../../cli/console/console-types.js";
import type { BreakerStatus, TokenStatus } from "../../../cli/status/status-types.js";
import { go, providerWord, query, replaceAddress, state, tokenStatus } from "../console-state.js";
import { Button, Link, Panel } from "../parts/controls.js";
import { StateText, type StateWord } from "../parts/marks.js";
import { timeText } from "../times.js";
import { causeText, t } from "../words.js";

/** Above this many only those that are not live are listed. */
const MOST_TOKENS = 20;

export function ProvidersPage() {
  const { providers } = state.value!.config;
  const all = providers.flatMap(shownTokens);
  const unwell = all.filter(({ word }) => word !== "live");
  const isUnwell = query.value.has("unwell");
  return (
    <>
      <div class="title">
        <h1>{t("providersTitle")}</h1>
        <div class="segments" role="group" aria-label={t("tokens")}>
          <button type="button" aria-pressed={!isUnwell} onClick={() => replaceAddress("/providers")}>
            {t("all", { n: all.length })}
          </button>
          <button type="button" aria-pressed={isUnwell} onClick={() => replaceAddress("/providers?unwell")}>
            {t("notLive", { n: unwell.length })}
          </button>
        </div>
        <Button kind="primary" onClick={() => go("/start")}>
          {t("addProvider")}
        </Button>
      </div>
      <p class="note lead">{t("providersText")}</p>
      <section class="panel grouped" aria-label={t("providersTitle")}>
        <div class="token-head" aria-hidden="true">
          <span>{t("token")}</span>
          <span>{t("state")}</span>
          <span>{t("whyUntil")}</span>
        </div>
        {providers.map(provider => (
          <ProviderGroup key={provider.index} provider={provider} isUnwell={isUnwell} />
        ))}
      </section>
      {isUnwell && unwell.length === 0 && (
        <Panel>
          <p class="body note">{t("allLive")}</p>
        </Panel>
      )}
    </>
  );
}

function ProviderGroup({ provider, isUnwell }: { provider: ProviderView; isUnwell: boolean }) {
  const tokens = shownTokens(provider);
  const isMany = tokens.length > MOST_TOKENS;
  const unwell = tokens.filter(({ word }) => word !== "live");
  const shown = isMany ? unwell.slice(0, MOST_TOKENS) : isUnwell ? unwell : tokens;
  const to = `/providers/${encodeURIComponent(provider.id)}`;
  const live = tokens.length - unwell.length;
  const isLeftOut = provider.isLeftOut && provider.tokens.length > 0;
  return (
    <section aria-labelledby={`provider-${provider.index}`}>
      <div class="group-head">
        <h2 id={`provider-${provider.index}`}>
          <Link to={to}>
            <span dir="auto">{provider.id}</span>
          </Link>{" "}
          <span class="note">{provider.isDemo ? t("demoProvider") : hostOf(provider.address)}</span>
        </h2>
        <span class="group-state">
          <StateText state={providerWord(provider)} />{" "}
          <span class="note">
            {isLeftOut
              ? t("leftOutVariable", { name: provider.tokens[0]!.from })
              : tokens.length > 0
                ? t("tokensLiveShort", { n: live, m: tokens.length })
                : ""}
          </span>
        </span>
        <Button kind="small" label={`${t("addTokens")}: ${provider.id}`} onClick={() => go(`${to}?add`)}>
          {t("addTokens")}
        </Button>
      </div>
      {isMany && (
        <p class="note many">
          <Link to={to}>{t("allTokens", { n: tokens.length })}</Link>
        </p>
      )}
      {!isLeftOut && (
        <ul>
          {shown.map(token => (
            <li class="token-line" key={token.name}>
              <span class="cut">
                <strong dir="auto">{token.name}</strong> {token.fingerprint && <code>#{token.fingerprint}</code>}
              </span>
              <StateText state={token.word} />
              <span class="note">
                <Why token={token} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
}

export interface ShownToken {
  name: string;
  fingerprint: string | null;
  word: StateWord;
  view: TokenView | undefined;
  status: TokenStatus | undefined;
}

/** The tokens that the gateway has; where it tells none, those of the file. */
export function shownTokens(provider: ProviderView): ShownToken[] {
  const views = provider.tokens.filter(token => !token.isMissing);
  const names = state.value?.status?.sites[0]?.providers
    .find(({ id }) => id === provider.id)
    ?.tokens.map(({ name }) => name);
  if (names === undefined || names.length === 0)
    return provider.tokens.map(view => ({
      name: view.name || view.from,
      fingerprint: view.fingerprint,
      word: view.isMissing ? "no-token" : "live",
      view,
      status: undefined,
    }));
  return names.map((name, i) => {
    const view =
      views.find(view => view.name === name || `#${view.fingerprint}` === name) ??
      (views.length === names.length ? views[i] : undefined);
    const status = tokenStatus(provider.id, name);
    return { name, fingerprint: view?.fingerprint ?? null, word: wordOfToken(status), view, status };
  });
}

/** Its own state; where it is live and out for a model only, that. */
function wordOfToken(status: TokenStatus | undefined): StateWord {
  if (status === undefined) return "live";
  if (status.state !== "live") return status.state;
  return status.models.find(({ state }) => state !== "live")?.state ?? "live";
}

/** The breaker that explains a token's state: its own, or the first of its models'. */
export function breakerOf({ status }: ShownToken): (BreakerStatus & { model?: string }) | undefined {
  return status?.breaker ?? status?.models.find(({ state }) => state !== "live");
}

function Why({ token }: { token: ShownToken }) {
  const breaker = breakerOf(token);
  if (breaker === undefined || token.word === "live") return <>{token.view ? sourceOf(token.view) : "–"}</>;
  if (token.word === "taken-out")
    return <>{breaker.heldForMs > 0 ? t("heldFor", { time: timeText(breaker.heldForMs) }) : t("aPerson")}</>;
  return (
    <>
      <code>{causeText(breaker.cause)}</code>
      {breaker.model === undefined ? "" : ` · ${t("onlyModel", { model: breaker.model })}`}
      {breaker.nextProbeMs > 0
        ? ` · ${t("nextProbe", { time: timeText(breaker.nextProbeMs) })}`
        : breaker.opensInMs > 0
          ? ` · ${t("inTime", { time: timeText(breaker.opensInMs) })}`
          : ""}
      {breaker.words === "" ? null : (
        <span class="block" dir="auto">
          “{breaker.words}”
        </span>
      )}
    </>
  );
}

export function sourceOf(view: TokenView): string {
  if (view.isMissing) return `${t("fromVariable", { name: view.from })}: ${t("missingToken")}`;
  if (view.source === "file") return t("storedIn", { file: view.from });
  return view.source === "variable" ? t("fromVariable", { name: view.from }) : t("typedInFile");
}
