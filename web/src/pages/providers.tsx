/** Which token is out, why, and until when: every provider with its tokens, in the file's order. */
import type { ProviderView, TokenView } from "../../../cli/console/console-types.js";
import type { BreakerStatus, TokenStatus } from "../../../cli/status/status-types.js";
import { go, providerWord, state, tokenStatus } from "../console-state.js";
import { Button, Link } from "../parts/controls.js";
import { StateText, type StateWord } from "../parts/marks.js";
import { causeText, t, timeText } from "../words.js";

/** Above this many only those that are not live are listed. */
const MOST_TOKENS = 20;

export function ProvidersPage() {
  return (
    <>
      <div class="title">
        <h1>{t("providersTitle")}</h1>
        <Button kind="primary" onClick={() => go("/start")}>
          {t("addProvider")}
        </Button>
      </div>
      {state.value!.config.providers.map(provider => (
        <ProviderPanel key={provider.index} provider={provider} />
      ))}
    </>
  );
}

function ProviderPanel({ provider }: { provider: ProviderView }) {
  const tokens = shownTokens(provider);
  const few =
    tokens.length <= MOST_TOKENS ? tokens : tokens.filter(({ word }) => word !== "live").slice(0, MOST_TOKENS);
  const live = tokens.filter(({ word }) => word === "live").length;
  return (
    <section class="panel" aria-labelledby={`provider-${provider.index}`}>
      <header>
        <h2 id={`provider-${provider.index}`}>
          <Link to={`/providers/${encodeURIComponent(provider.id)}`}>{provider.id}</Link>
        </h2>
        <StateText state={providerWord(provider)} />
        <span class="note">{t("nOfM", { n: live, m: tokens.length })}</span>
        <span class="note address">{provider.address}</span>
      </header>
      {few.length < tokens.length && (
        <p class="body note">
          <Link to={`/providers/${encodeURIComponent(provider.id)}`}>{t("allTokens", { n: tokens.length })}</Link>
        </p>
      )}
      <ul class="rows">
        {few.map(token => (
          <li key={token.name}>
            <span>
              <strong>{token.name}</strong> {token.fingerprint && <code>#{token.fingerprint}</code>}
            </span>
            <StateText state={token.word} />
            <span class="note">
              <Why token={token} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
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
  if (breaker === undefined || token.word === "live") return <>{token.view ? sourceOf(token.view) : ""}</>;
  return (
    <>
      <code>{causeText(breaker.cause)}</code>
      {breaker.model === undefined ? "" : ` · ${t("onlyModel", { model: breaker.model })}`}
      {breaker.opensInMs > 0 ? ` · ${t("inTime", { time: timeText(breaker.opensInMs) })}` : ""}
      {breaker.words === "" ? null : <span dir="auto"> · “{breaker.words}”</span>}
    </>
  );
}

export function sourceOf(view: TokenView): string {
  if (view.isMissing) return `${t("fromVariable", { name: view.from })}: ${t("missingToken")}`;
  if (view.source === "file") return t("storedIn", { file: view.from });
  return view.source === "variable" ? t("fromVariable", { name: view.from }) : t("typedInFile");
}
