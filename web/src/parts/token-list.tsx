/** The tokens of a provider. Few are shown with all that can be done; of many, one at a time is opened. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ProviderView } from "../../../cli/console/console-types.js";
import { breakerOf, shownTokens, type ShownToken } from "../pages/providers.js";
import { timeText } from "../times.js";
import { causeText, t } from "../words.js";
import { Button, Panel } from "./controls.js";
import { StateText } from "./marks.js";
import { VirtualList } from "./virtual-list.js";

/** Above this many they are one line each. */
const FEW = 20;
const ROW = 48;

interface TokenListProps {
  provider: ProviderView;
  /** A token with its actions. */
  children: (token: ShownToken) => ComponentChildren;
}

export function TokenList({ provider, children }: TokenListProps) {
  const tokens = shownTokens(provider);
  const title = `${t("tokens")} · ${tokens.length}`;
  if (tokens.length > FEW)
    return (
      <Panel title={title}>
        <LongList tokens={tokens}>{children}</LongList>
      </Panel>
    );
  return (
    <Panel title={title}>
      <ul class="rows tall">
        {tokens.map(token => (
          <li key={token.name}>{children(token)}</li>
        ))}
      </ul>
    </Panel>
  );
}

function LongList({ tokens, children }: { tokens: ShownToken[]; children: TokenListProps["children"] }) {
  const [wanted, setWanted] = useState("");
  const [isUnwell, setUnwell] = useState(false);
  const [opened, setOpened] = useState("");
  const list = tokens.filter(({ name, word }) => name.includes(wanted) && !(isUnwell && word === "live"));
  const token = tokens.find(({ name }) => name === opened);
  return (
    <>
      <div class="token-tools">
        <input
          aria-label={t("searchTokens")}
          placeholder={t("searchTokens")}
          value={wanted}
          onInput={event => setWanted(event.currentTarget.value)}
        />
        <label class="check">
          <input type="checkbox" checked={isUnwell} onChange={event => setUnwell(event.currentTarget.checked)} />
          {t("onlyNotLive")}
        </label>
        <span class="note">{t("nOfM", { n: list.length, m: tokens.length })}</span>
      </div>
      {token !== undefined && (
        <ul class="rows tall">
          <li>{children(token)}</li>
        </ul>
      )}
      <VirtualList items={list} height={ROW} label={t("tokens")} keyOf={({ name }) => name}>
        {token => (
          <div class="token-row">
            <span class="cut">
              <strong>{token.name}</strong> {token.fingerprint && <code>#{token.fingerprint}</code>}
            </span>
            <StateText state={token.word} />
            <span class="note cut why">{whyText(token)}</span>
            <Button kind="small" label={`${t("tokenDetails")}: ${token.name}`} onClick={() => setOpened(token.name)}>
              {t("tokenDetails")}
            </Button>
          </div>
        )}
      </VirtualList>
    </>
  );
}

function whyText(token: ShownToken): string {
  const breaker = breakerOf(token);
  if (breaker === undefined || token.word === "live") return "";
  const until = breaker.opensInMs > 0 ? ` · ${t("inTime", { time: timeText(breaker.opensInMs) })}` : "";
  return `${causeText(breaker.cause)}${until}${breaker.words === "" ? "" : ` · “${breaker.words}”`}`;
}
