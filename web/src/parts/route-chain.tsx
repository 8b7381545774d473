/** A route drawn: who is asked first, who follows after a failure, and how each of them is now. */
import { Fragment, type ComponentChildren } from "preact";
import type { BreakerWord } from "../../../cli/status/status-types.js";
import { providerStatus, providerWord, state } from "../console-state.js";
import { sharesOf, type ChainHop } from "../route-fields.js";
import { t } from "../words.js";
import { Mark, StateText, type StateWord } from "./marks.js";

const MOST_MARKS = 8;
/** More boxes than these are drawn downwards. */
const MOST_BESIDE = 4;

export const wordOf = (id: string): StateWord => {
  const provider = state.value?.config.providers.find(provider => provider.id === id);
  return provider === undefined ? "no-token" : providerWord(provider);
};

const isAsked = (word: StateWord): boolean => word === "live" || word === "half-open";

/** The hop that would be asked now: the first that lives. */
export const firstLive = (hops: readonly ChainHop[]): ChainHop | undefined =>
  hops.find(({ provider }) => isAsked(wordOf(provider)));

interface RouteChainProps {
  models: readonly string[];
  hops: readonly ChainHop[];
  /** What can be done about it where nothing follows. */
  end?: ComponentChildren;
}

export function RouteChain({ models, hops, end }: RouteChainProps) {
  const answering = firstLive(hops);
  const upstreams = hops.filter(({ kind }) => kind === "upstream");
  const shares = sharesOf(upstreams);
  const boxes = hops.length + (end === undefined ? 1 : 2);
  return (
    <ol class={boxes > MOST_BESIDE ? "chain down" : "chain"}>
      <li class="box source">
        <strong>{t("model")}</strong>
        {models.map(model => (
          <code key={model} dir="auto">
            {model}
          </code>
        ))}
      </li>
      {hops.map((hop, i) => (
        <Fragment key={`${hop.kind}-${i}`}>
          <Arrow isDashed={hop.kind === "fallback"}>
            {hop.kind === "upstream" ? `${shares[i] ?? 0} %` : arrowText(hops, i)}
          </Arrow>
          <HopBox hop={hop} number={i - upstreams.length + 1} isAnswering={hop === answering} />
        </Fragment>
      ))}
      {end !== undefined && (
        <>
          <Arrow isDashed>{t("afterFailure")}</Arrow>
          <li class="box skipped">
            <span class="state amber">
              <Mark state="rate-limited" label="" /> {t("nothingFollows")}
            </span>
            <span class="note">{t("clientGetsError")}</span>
            {end}
          </li>
        </>
      )}
    </ol>
  );
}

const arrowText = (hops: readonly ChainHop[], i: number): string =>
  hops[i - 1]?.kind === "fallback" ? t("failedToo") : t("afterFailure");

function Arrow({ isDashed, children }: { isDashed: boolean; children: ComponentChildren }) {
  return (
    <li class={isDashed ? "arrow dashed" : "arrow"} aria-hidden="true">
      <span>{children}</span>
    </li>
  );
}

function HopBox({ hop, number, isAnswering }: { hop: ChainHop; number: number; isAnswering: boolean }) {
  const word = wordOf(hop.provider);
  const tokens = providerStatus(hop.provider)?.tokens ?? [];
  const live = tokens.filter(token => token.state === "live").length;
  const variable = state.value?.config.providers
    .find(({ id, isLeftOut }) => id === hop.provider && isLeftOut)
    ?.tokens.find(({ source }) => source === "variable")?.from;
  return (
    <li class={`box ${isAnswering ? "answers" : ""} ${isAsked(word) ? "" : "skipped"}`}>
      <div class="box-head">
        <strong dir="auto">{hop.provider}</strong> <StateText state={word} />
      </div>
      {hop.model === "" ? <span class="note">{t("sameModel")}</span> : <code dir="auto">{hop.model}</code>}
      {tokens.length > 0 && (
        <span class="note">
          {tokens.length <= MOST_MARKS && <Marks states={tokens.map(token => token.state)} />}{" "}
          {t("tokensLiveShort", { n: live, m: tokens.length })}
        </span>
      )}
      {variable !== undefined && <span class="note">{t("leftOutVariable", { name: variable })}</span>}
      <span class="note">
        {hop.isNew && <strong>+ {t("isNew")} </strong>}
        {isAnswering && <strong>{t("answersNow")} </strong>}
        {hop.kind === "fallback" && t("fallbackNumber", { n: number })}
      </span>
    </li>
  );
}

export function Marks({ states }: { states: readonly BreakerWord[] }) {
  return (
    <span class="marks">
      {states.map((state, i) => (
        <Mark key={i} state={state} />
      ))}
    </span>
  );
}
