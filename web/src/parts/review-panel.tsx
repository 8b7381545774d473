/** What a change does to the file, what is wrong with it, and the button that applies it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { DiffLine, Edit, NewTokens, Review } from "../../../cli/console/console-types.js";
import { ApiError, ask } from "../console-api.js";
import { connect, notice, state } from "../console-state.js";
import { exampleModels } from "../route-fields.js";
import { clockText, t } from "../words.js";
import { DryRunOfChange } from "./dry-run.js";
import { Button, CopyButton, Panel } from "./controls.js";

const TYPING = 150;
const CONFLICT = 409;
const REFUSED = 422;

/** Applies a change at once; throws an ApiError that holds its review where it has mistakes. */
export async function applyChange(edits: readonly Edit[], tokens: NewTokens[] = []): Promise<Review> {
  const { outcome, ...review } = await ask<Review & { outcome: string }>("apply", {
    version: state.value!.file.version,
    edits,
    ...(tokens.length > 0 ? { tokens } : {}),
  });
  await connect();
  notice.value =
    review.restart.length > 0 ? t("restartNeeded", { fields: review.restart.join(", ") }) : outcome || t("applied");
  return review;
}

interface ReviewPanelProps {
  edits: readonly Edit[];
  onApplied: () => void;
  /** Whether the change is looked at as one types. */
  error?: string;
}

export function ReviewPanel({ edits, onApplied }: ReviewPanelProps) {
  const [review, setReview] = useState<Review | null>(null);
  const [problem, setProblem] = useState("");
  const version = state.value?.file.version;
  const text = JSON.stringify(edits);
  // The version that the change was begun on: what is saved elsewhere meanwhile is kept, and told.
  const begun = useRef(version);
  if (edits.length === 0) begun.current = version;
  const isMerged = edits.length > 0 && begun.current !== version;

  useEffect(() => {
    if (edits.length === 0) {
      setReview(null);
      return;
    }
    const timer = setTimeout(() => {
      ask<Review>("review", { version, edits }).then(
        found => {
          setReview(found);
          setProblem("");
        },
        (error: Error) => setProblem(error.message),
      );
    }, TYPING);
    return () => clearTimeout(timer);
  }, [text, version]);

  const apply = async () => {
    try {
      await applyChange(edits);
      onApplied();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(error.status === CONFLICT ? t("conflict") : error.message);
      if (error.status === REFUSED && error.body.review) setReview(error.body.review);
      await connect();
    }
  };

  if (edits.length === 0 || (review === null && problem === "")) return null;
  const models = exampleModels(state.value!.config);
  const isReadOnly = state.value?.file.isReadOnly ?? false;
  const isWrong = review === null || review.mistakes.length > 0 || review.reenter.length > 0;
  return (
    <>
      <Panel
        title={state.value?.file.name}
        aside={review && <span class="note">{t("linesChanged", { a: review.added, r: review.removed })}</span>}
      >
        {review && <Diff lines={review.diff} />}
        <div class="verdicts" aria-live="polite">
          {isMerged && (
            <p class="verdict waits">{t("editedElsewhere", { time: clockText(state.value!.file.savedAt) })}</p>
          )}
          {problem !== "" && <p class="verdict wrong">{problem}</p>}
          {review?.mistakes.map(({ path, found, allowed }) => (
            <p class="verdict wrong" key={path}>
              <code>{path}</code> {found}
              {allowed === "" ? null : <> · {t("allowed", { what: allowed })}</>}
            </p>
          ))}
          {review && review.reenter.length > 0 && (
            <p class="verdict wrong">{t("reenter", { names: review.reenter.join(", ") })}</p>
          )}
          {review && review.restart.length > 0 && (
            <p class="verdict waits">{t("restartNeeded", { fields: review.restart.join(", ") })}</p>
          )}
          {review && !isWrong && review.restart.length === 0 && <p class="verdict fine">{t("checked")}</p>}
        </div>
      </Panel>
      <div class="actions">
        {isReadOnly ? (
          <>
            <CopyButton text={(review?.diff ?? []).map(line => `${sign(line)}${line.text}`).join("\n")} />
            <span class="note">{t("readOnly")}</span>
          </>
        ) : (
          <Button kind="primary" disabled={isWrong} onClick={apply}>
            {t("apply")}
          </Button>
        )}
        {!isWrong && state.value!.status !== null && (
          <DryRunOfChange edits={edits} models={models} model={models[0] ?? ""} />
        )}
      </div>
    </>
  );
}

const sign = ({ kind }: DiffLine): string => (kind === "added" ? "+" : kind === "removed" ? "−" : " ");

export function Diff({ lines }: { lines: DiffLine[] }) {
  return (
    <div class="diff" tabIndex={0} role="region" aria-label="diff">
      {lines.map((line, i) => (
        <div key={i} class={line.kind}>
          <span class="gutter">
            {sign(line)} {line.line}
          </span>
          <code dir="auto">{line.text}</code>
        </div>
      ))}
    </div>
  );
}
