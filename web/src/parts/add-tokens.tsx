/** Tokens for a provider: pasted, tested if one likes, saved, and from then on never shown. */
import { useState } from "preact/hooks";
import type { Edit, TokenTest } from "../../../cli/console/console-types.js";
import { ApiError, ask } from "../console-api.js";
import { readTokens } from "../token-lines.js";
import { t } from "../words.js";
import { Button, TextField, TokenField } from "./controls.js";
import { Mark, Verdict, type StateWord } from "./marks.js";
import { applyChange } from "./review-panel.js";

interface AddTokensProps {
  provider: string;
  type: string;
  url: string;
  models: readonly string[];
  /** The name of the token that they replace. */
  replaces?: string;
  /** They replace all that the provider has. */
  replacesAll?: boolean;
  /** What has to be in the file before the tokens: a new provider. */
  edits?: readonly Edit[];
  /** The type may be called without a token. */
  isOptional?: boolean;
  isDisabled?: boolean;
  onSaved: (tests: TokenTest[]) => void;
}

export function AddTokens(props: AddTokensProps) {
  const { provider, type, url, models, replaces, replacesAll, edits = [], isOptional, isDisabled, onSaved } = props;
  const [text, setText] = useState("");
  const [model, setModel] = useState(models.find(model => !model.endsWith("*")) ?? "");
  const [problem, setProblem] = useState("");
  const tokens = readTokens(text);
  const cannotSave = isDisabled === true || (tokens.length === 0 && isOptional !== true);

  const save = async (isTested: boolean) => {
    try {
      const tests = isTested ? await ask<TokenTest[]>("test", { type, url, model, tokens }) : [];
      const added = {
        provider,
        tokens,
        ...(replaces !== undefined && { replaces }),
        ...(replacesAll && { replacesAll }),
      };
      await applyChange(edits, tokens.length > 0 ? { tokens: [added] } : {});
      setText("");
      setProblem("");
      onSaved(tests);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const mistake = error.body.review?.mistakes[0];
      const { reenter = [] } = error.body.review ?? {};
      setProblem(
        mistake
          ? `${mistake.path}: ${mistake.found}; ${mistake.allowed}`
          : reenter.length > 0
            ? t("reenter", { names: reenter.join(", ") })
            : error.message,
      );
    }
  };

  return (
    <div class="body">
      <TokenField value={text} onInput={setText} note={t("tokensNote")} />
      <TextField label={t("modelForTest")} value={model} onInput={setModel} note={t("modelForTestNote")} />
      <p class="note">{t("keepInFile", { file: `secrets/${provider}-1` })}</p>
      {problem !== "" && (
        <div role="alert">
          <Verdict kind="wrong">{problem}</Verdict>
        </div>
      )}
      <div class="actions">
        <Button kind="primary" disabled={cannotSave} onClick={() => save(true)}>
          {t("testAndSave")}
        </Button>
        <Button kind="text" disabled={cannotSave} onClick={() => save(false)}>
          {t("saveOnly")}
        </Button>
        <span class="note">{t("testNote")}</span>
      </div>
    </div>
  );
}

const RESULT_STATES: Record<TokenTest["result"], StateWord> = {
  works: "live",
  refused: "out",
  limited: "rate-limited",
  unreachable: "out",
  unclear: "half-open",
};

export function TestResults({ tests }: { tests: readonly TokenTest[] }) {
  return (
    <ul class="rows">
      {tests.map(test => (
        <li key={test.fingerprint}>
          <span>
            <strong>{/^\d+$/.test(test.name) ? t("tokenNumber", { n: test.name }) : test.name}</strong>{" "}
            <code>#{test.fingerprint}</code>
          </span>
          <span class="state">
            <Mark state={RESULT_STATES[test.result]} label="" /> {t(test.result)}
          </span>
          <span>
            {test.status > 0 ? `${test.status} · ` : ""}
            {test.ms} ms {test.model === "" ? "" : `· ${test.model}`}
            {test.words === "" ? null : (
              <span class="note" dir="auto">
                {" "}
                “{test.words}”
              </span>
            )}
            {test.result === "refused" && <span class="note block">{t("savedAllTheSame")}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
