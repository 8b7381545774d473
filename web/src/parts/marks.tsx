/** A state, or how a request ended, as a mark and a word: never by colour alone. */
import type { ComponentChildren } from "preact";
import type { OutcomeWord } from "../../../cli/console/request-record.js";
import type { BreakerWord } from "../../../cli/status/status-types.js";
import { t } from "../words.js";

export type StateWord = BreakerWord | "no-token";

const HUES: Record<StateWord, string> = {
  live: "green",
  "half-open": "blue",
  "rate-limited": "amber",
  out: "red",
  "taken-out": "grey",
  "no-token": "grey",
};

/** Beside its word it says nothing of its own. */
const HIDDEN = { "aria-hidden": true } as const;

export function Mark({ state, label }: { state: StateWord; label?: string }) {
  return (
    <svg
      class={`mark ${HUES[state]}`}
      viewBox="0 0 12 12"
      {...(label === "" ? HIDDEN : { role: "img" as const, "aria-label": label ?? t(state) })}
    >
      {shape(state)}
    </svg>
  );
}

function shape(state: StateWord) {
  switch (state) {
    case "live":
      return <circle cx="6" cy="6" r="5" fill="currentColor" />;
    case "half-open":
      return (
        <>
          <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5" />
          <path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill="currentColor" />
        </>
      );
    case "rate-limited":
      return <path d="M6 1l5.2 10H.8z" fill="currentColor" />;
    case "out":
      return <rect x="1" y="1" width="10" height="10" fill="currentColor" />;
    case "taken-out":
      return <path d="M2 1h3v10H2zM7 1h3v10H7z" fill="currentColor" />;
    case "no-token":
      return (
        <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 2" />
      );
  }
}

const OUTCOME_HUES: Record<OutcomeWord, string> = {
  served: "green",
  rescued: "blue",
  refused: "amber",
  failed: "red",
  returned: "grey",
  "client-left": "grey",
};

/** How a request ended. */
export function OutcomeText({ outcome }: { outcome: OutcomeWord }) {
  return (
    <span class={`state ${OUTCOME_HUES[outcome]}`}>
      <OutcomeMark outcome={outcome} /> {t(`outcome-${outcome}`)}
    </span>
  );
}

export function OutcomeMark({ outcome }: { outcome: OutcomeWord }) {
  return (
    <svg class={`mark ${OUTCOME_HUES[outcome]}`} viewBox="0 0 12 12" {...HIDDEN}>
      {outcomeShape(outcome)}
    </svg>
  );
}

function outcomeShape(outcome: OutcomeWord) {
  const line = { fill: "none", stroke: "currentColor", "stroke-width": "1.6" };
  switch (outcome) {
    case "served":
      return shape("live");
    case "rescued":
      return <path d="M6 0l6 6-6 6-6-6z" fill="currentColor" />;
    case "refused":
      return shape("rate-limited");
    case "failed":
      return shape("out");
    case "returned":
      return <path d="M4.5 1.5L1.5 4.5l3 3M1.5 4.5h6a3 3 0 0 1 3 3v3" {...line} />;
    case "client-left":
      return <path d="M2 2l8 8M10 2l-8 8" {...line} />;
  }
}

/** One attempt of a request: good, waiting, or failed. */
export const attemptState = (cause: string): StateWord =>
  cause === "" ? "live" : cause === "rate-limit" ? "rate-limited" : "out";

export function StateText({ state }: { state: StateWord }) {
  return (
    <span class={`state ${HUES[state]}`}>
      <Mark state={state} label="" /> {t(state)}
    </span>
  );
}

const VERDICT_STATES: Record<"fine" | "waits" | "wrong", StateWord> = {
  fine: "live",
  waits: "rate-limited",
  wrong: "out",
};

/** What was found about a change or a request, in a sentence. */
export function Verdict({ kind, children }: { kind: "fine" | "waits" | "wrong"; children: ComponentChildren }) {
  return (
    <p class={`verdict ${kind}`}>
      <Mark state={VERDICT_STATES[kind]} label="" />
      <span>{children}</span>
    </p>
  );
}
