import { expect } from "vitest";
import type { Answer, AskOptions, Gateway } from "./running-gateway.js";

/** One request of a crowd, and what became of it. */
export interface Visit {
  /** performance.now() */
  started: number;
  ended: number;
  body: object;
  answer: Answer;
}

export interface Crowd {
  /** How many clients ask at once, each one request after another. */
  clients: number;
  /** Ends the crowd: after so many requests, or when it says so. */
  requests?: number;
  done?: () => boolean;
  /** What the `n`-th request asks. */
  body: (n: number) => object;
  options?: AskOptions;
  /** Where to put what became of them, for who watches meanwhile. */
  visits?: Visit[];
}

/** Lets them all ask; answers every request in the order of their ends. A request that throws (no answer at all) throws. */
export async function letAsk(gateway: Pick<Gateway, "ask">, crowd: Crowd): Promise<Visit[]> {
  const { clients, requests = Infinity, done = () => false, body, options, visits = [] } = crowd;
  let count = 0;
  const client = async () => {
    while (count < requests && !done()) {
      const started = performance.now();
      const asked = body(count++);
      const answer = await gateway.ask(asked, options);
      visits.push({ started, ended: performance.now(), body: asked, answer });
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return visits;
}

/** A whole good answer of a chat, streamed or not. */
export function isWhole({ status, broken, words, text }: Answer): boolean {
  return status === 200 && !broken && /^Hello from .*\.$/.test(words) && !text.includes('"error"');
}

/** When something happened to the gateway under a crowd, performance.now(). */
export interface Incident {
  from: number;
  to: number;
}

/** That incidents cost only requests that were under way then, and mixed no two; answers those that were lost. */
export function expectOnlyLostIn(incidents: Incident[], visits: Visit[]): Visit[] {
  const lost = visits.filter(({ answer }) => !isWhole(answer));
  const whole = visits.filter(({ answer }) => isWhole(answer));
  const duringOne = ({ started, ended }: Visit) => incidents.some(({ from, to }) => started < to && ended > from);
  expect(lost.filter(visit => !duringOne(visit))).toEqual([]);
  // The other worker has served on.
  expect(whole.filter(duringOne).length).toBeGreaterThan(0);
  for (const visit of whole) expect(visit.answer.words).toContain(`model ${(visit.body as { model: string }).model},`);
  return lost;
}

/** What failed, as a person would tell it. */
export const failures = (visits: Visit[]): string[] =>
  visits
    .filter(({ answer }) => !isWhole(answer))
    .map(({ answer: { status, broken, trail, text } }) =>
      [status, broken ? "broken" : "", `[${trail}]`, text.slice(0, 120).replaceAll("\n", " ")].join(" "),
    );

const steps = ({ answer }: Visit) => answer.trail.split(", ");

/** Whether a hop, `qwen/t1`, is in the trail, whatever became of it there. */
export const reached = (hop: string) => (visit: Visit) =>
  steps(visit).some(step => step === hop || step.startsWith(`${hop} `));

/** Whether an attempt at this hop failed. */
export const failedAt = (hop: string) => (visit: Visit) =>
  steps(visit).some(step => step === hop || (step.startsWith(`${hop} `) && !step.endsWith(" 200")));

/**
 * Requests that reached this hop although a client had been told of its failure before they started. By then it is recorded,
 * so they must be trials. Cause and effect, no time limits. Between `from`, when it began to fail, and `to`, when it was well again.
 */
export function lateVisits(visits: Visit[], hop: string, from = 0, to = Infinity): Visit[] {
  const failed = visits.filter(({ ended }) => ended >= from).filter(failedAt(hop));
  const firstTold = Math.min(...failed.map(({ ended }) => ended));
  return visits.filter(({ started }) => started > firstTold && started < to).filter(reached(hop));
}
