/** The last requests, as they come in. They wait while somebody reads, so that nothing moves under their eyes. */
import { computed, signal } from "@preact/signals";
import type { FreshRequests } from "../../cli/console/console-types.js";
import type { OutcomeWord, RequestRecord } from "../../cli/console/request-record.js";
import { ask } from "./console-api.js";

/** As many as the console's server keeps. */
export const MOST_KEPT = 1000;

/** The newest first: what is shown. */
export const shownRequests = signal<readonly RequestRecord[] | null>(null);
/** Those that wait to be shown, the newest first, and how many there are; some may not have been told. */
const waiting = signal<readonly RequestRecord[]>([]);
export const waitingCount = signal(0);
/** Whether new ones wait. */
export const isHeld = signal(false);

let known = 0;

export async function loadRequests(): Promise<void> {
  const { records, count } = await ask<FreshRequests>("requests");
  known = count;
  waiting.value = [];
  waitingCount.value = 0;
  shownRequests.value = [...records].reverse();
}

export function takeFresh({ records, count }: FreshRequests): void {
  // What came before the list was loaded is in it. A lower count is that of a gateway that was started again.
  const fresh = count < known ? records.length : Math.min(count - known, records.length);
  if (shownRequests.value === null || fresh <= 0) return;
  waitingCount.value += count < known ? fresh : count - known;
  known = count;
  waiting.value = [...records.slice(-fresh).reverse(), ...waiting.value].slice(0, MOST_KEPT);
  if (!isHeld.value) showWaiting();
}

export function showWaiting(): void {
  shownRequests.value = [...waiting.value, ...(shownRequests.value ?? [])].slice(0, MOST_KEPT);
  waiting.value = [];
  waitingCount.value = 0;
}

// === Filters, which stand in the page's address ===

export interface RequestFilter {
  route: string;
  outcome: OutcomeWord | "";
  cause: string;
  hasFailure: boolean;
}

export const readFilter = (query: URLSearchParams): RequestFilter => ({
  route: query.get("route") ?? "",
  outcome: (query.get("outcome") ?? "") as OutcomeWord | "",
  cause: query.get("cause") ?? "",
  hasFailure: query.has("failures"),
});

/** "?route=aliyun&failures", or "" for no filter. */
export function filterText({ route, outcome, cause, hasFailure }: RequestFilter): string {
  const query = new URLSearchParams(
    Object.entries({ route, outcome, cause, failures: hasFailure ? "1" : "" }).filter(([, value]) => value !== ""),
  );
  return query.size === 0 ? "" : `?${query}`;
}

export const fits = (record: RequestRecord, { route, outcome, cause, hasFailure }: RequestFilter): boolean =>
  (route === "" || record.route === route) &&
  (outcome === "" || record.outcome === outcome) &&
  (cause === "" || record.attempts.some(attempt => attempt.cause === cause)) &&
  (!hasFailure || record.outcome === "failed" || record.attempts.some(attempt => attempt.cause !== ""));

/** Every cause that the list has. */
export const knownCauses = computed(() =>
  [...new Set((shownRequests.value ?? []).flatMap(({ attempts }) => attempts.map(({ cause }) => cause)))].filter(
    cause => cause !== "",
  ),
);
