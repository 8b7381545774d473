/** What a change does to the file, what is wrong with it, and the button that applies it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { DiffLine, Edit, Mistake, NewTokens, RemovedToken, Review } from "../../../cli/console/console-types.js";
import { ApiError, ask } from "../console-api.js";
import { connect, notice, state } from "../console-state.js";
import { exampleModels } from "../route-fields.js";
import { clockText } from "../times.js";
import { t } from "../words.js";
import { DryRunOfChange } from "./dry-run.js";
import { Button, CopyButton, Panel } from "./controls.js";
import { Verdict } from "./marks.js";

const TYPING = 150;
const CONFLICT = 409;
const REFUSED = 422;

/** What belongs to a change besides the text of the file. */
export interface FurtherChange {
  tokens?: NewTokens[];
  removals?: RemovedToken[];
}

/** Applies a change at once; throws an ApiError that holds its review where it has mistakes. */
export async function applyChange(edits: readonly Edit[], more: FurtherChange = {}): Promise<Review> {
  const { outcome, isServed, ...review } = await ask<Review & { outcome: string; isServed: boolean }>("apply", {
    version: state.value!.file.version,
    edits,
    ...more,
  });
  await connect();
  notice.value =
    review.restart.length > 0
      ? t("restartNeeded", { fields: review.restart.join(", ") })
      : isServed
        ? t("applied")
        : outcome;
  return review;
}

/** A change that is being made, and what the module says to it. */
export interface Reviewed {
  edits: readonly Edit[];
  more: FurtherChange;
  isEmpty: boolean;
  review: Review | null;
  problem: string;
  /** Somebody else has saved the file since the change was begun. */
  isMerged: boolean;
  /** What is wrong with a field. */
  errorAt: (path: string) => string | undefined;
  setProblem: (problem: string) => void;
  setReview: (review: Review) => void;
}

/** Asks what a change would do, as one types. */
export function useReview(edits: readonly Edit[], more: FurtherChange = {}): Reviewed {
  const [review, setReview] = useState<Review | null>(null);
  const [problem, setProblem] = useState("");
  const version = state.value?.file.version;
  const text = JSON.stringify([edits, more]);
  const isEmpty = edits.length === 0 && !more.removals?.length;
  // The version that the change was begun on: what is saved elsewhere meanwhile is kept, and told.
  const begun = useRef(version);
  if (isEmpty) begun.current = version;

  useEffect(() => {
    setProblem("");
    if (isEmpty) {
      setReview(null);
      return;
    }
    let isOver = false;
    const timer = setTimeout(() => {
      ask<Review>("review", { version, edits, ...more }).then(
        found => isOver || setReview(found),
        (error: Error) => isOver || setProblem(error.message),
      );
    }, TYPING);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [text, version]);

  const errorAt = (path: string) => {
    const mistake = review?.mistakes.find(mistake => mistake.path === path);
    return mistake && sentence(mistake);
  };
  const isMerged = !isEmpty && begun.current !== version;
  return { ...{ edits, more, isEmpty, review, problem, isMerged }, ...{ errorAt, setProblem, setReview } };
}

/** What was found, and what is allowed. */
const sentence = ({ found, allowed }: Mistake): string =>
  allowed === "" ? found : `${found} · ${t("allowed", { what: allowed })}`;

export function ReviewPanel({ change, onApplied }: { change: Reviewed; onApplied: () => void }) {
  const { edits, more, isEmpty, review, problem, isMerged, setProblem, setReview } = change;
  const apply = async () => {
    try {
      await applyChange(edits, more);
      onApplied();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === REFUSED && error.body.review) setReview(error.body.review);
      await connect();
      setProblem(error.status === CONFLICT ? t("conflict") : error.message);
    }
  };

  if (isEmpty || (review === null && problem === "")) return null;
  const models = exampleModels(state.value!.config);
  const isReadOnly = state.value?.file.isReadOnly ?? false;
  const isWrong = review === null || review.mistakes.length > 0 || review.reenter.length > 0;
  return (
    <>
      <Panel title={state.value?.file.name} aside={review && <span class="note">{linesText(review)}</span>}>
        {review && review.diff.length > 0 && <Diff lines={review.diff} />}
        <div class="verdicts" aria-live="polite">
          {isMerged && (
            <Verdict kind="waits">{t("editedElsewhere", { time: clockText(state.value!.file.savedAt) })}</Verdict>
          )}
          {problem !== "" && <Verdict kind="wrong">{problem}</Verdict>}
          {review?.mistakes.map(mistake => (
            <Verdict kind="wrong" key={mistake.path}>
              <code>{mistake.path}</code> {sentence(mistake)}
            </Verdict>
          ))}
          {review && review.reenter.length > 0 && (
            <Verdict kind="wrong">{t("reenter", { names: review.reenter.join(", ") })}</Verdict>
          )}
          {review && review.restart.length > 0 && (
            <Verdict kind="waits">{t("restartNeeded", { fields: review.restart.join(", ") })}</Verdict>
          )}
          {review?.cuts.map(({ file, of }) => (
            <Verdict kind="waits" key={file}>
              {t("cutsLine", { file, n: of })}
            </Verdict>
          ))}
          {review?.warnings.map(warning => (
            <Verdict kind="waits" key={warning}>
              {warning}
            </Verdict>
          ))}
          {review && !isWrong && review.restart.length === 0 && <Verdict kind="fine">{t("checked")}</Verdict>}
        </div>
      </Panel>
      <div class="actions">
        {isReadOnly ? (
          <>
            <CopyButton
              text={(review?.diff ?? []).map(line => `${sign(line)}${line.text}`).join("\n")}
              label={t("copyDiff")}
            />
            <span class="note">{t("readOnly", { file: state.value!.file.name })}</span>
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

/** "2 lines added, 1 removed", without what there is none of. */
const linesText = ({ added, removed }: Review): string =>
  [added > 0 ? t("linesAdded", { n: added }) : "", removed > 0 ? t("linesRemoved", { n: removed }) : ""]
    .filter(part => part !== "")
    .join(", ");

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
