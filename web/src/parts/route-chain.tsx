/** A route drawn: who is asked first, who follows after a failure, and how each of them is now. */
import { Fragment } from "preact";
import type { BreakerWord } from "../../../cli/status/status-types.js";
import { providerStatus, providerWord, state } from "../console-state.js";
import { t } from "../words.js";
import { Mark, StateText, type StateWord } from "./marks.js";

export interface ChainHop {
  provider: string;
  /** "": the name stays. */
  model: string;
  kind: "upstream" | "fallback";
  weight?: number;
  isNew?: boolean;
}

const MOST_MARKS = 8;

export const wordOf = (id: string): StateWord => {
  const provider = state.value?.config.providers.find(provider => provider.id === id);
  return provider === undefined ? "no-token" : providerWord(provider);
};

/** The hop that would be asked now: the first that lives. */
export const firstLive = (hops: readonly ChainHop[]): ChainHop | undefined =>
  hops.find(({ provider }) => ["live", "half-open"].includes(wordOf(provider)));

export function RouteChain({ models, hops }: { models: readonly string[]; hops: readonly ChainHop[] }) {
  const answering = firstLive(hops);
  return (
    <ol class={hops.length > 3 ? "chain down" : "chain"}>
      <li class="box source">
        <strong>{t("model")}</strong>
        {models.map(model => (
          <code key={model}>{model}</code>
        ))}
      </li>
      {hops.map((hop, i) => (
        <Fragment key={`${hop.kind}-${i}`}>
          <li class={hop.kind === "fallback" ? "arrow dashed" : "arrow"} aria-hidden="true">
            <span>
              {hop.kind === "fallback" ? t("afterFailure") : hop.weight === undefined ? "" : `${hop.weight} %`}
            </span>
          </li>
          <HopBox hop={hop} isAnswering={hop === answering} />
        </Fragment>
      ))}
    </ol>
  );
}

function HopBox({ hop, isAnswering }: { hop: ChainHop; isAnswering: boolean }) {
  const word = wordOf(hop.provider);
  const tokens = providerStatus(hop.provider)?.tokens ?? [];
  const live = tokens.filter(token => token.state === "live").length;
  const isSkipped = !["live", "half-open"].includes(word);
  return (
    <li class={`box ${isAnswering ? "answers" : ""} ${isSkipped ? "skipped" : ""}`}>
      <div class="box-head">
        <strong>{hop.provider}</strong> <StateText state={word} />
      </div>
      {hop.model === "" ? <span class="note">{t("sameModel")}</span> : <code>{hop.model}</code>}
      {tokens.length > 0 && (
        <span class="note">
          {tokens.length <= MOST_MARKS && <Marks states={tokens.map(token => token.state)} />}{" "}
          {t("nOfM", { n: live, m: tokens.length })}
        </span>
      )}
      {isAnswering && <span class="note">{t("answersNow")}</span>}
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
