/** Why a request went on after an attempt, and why it stopped, in words. */
import type { AttemptRecord, RequestRecord } from "../../cli/console/request-record.js";
import { timeText } from "./times.js";
import { t } from "./words.js";

/** Failures that another token of the same provider would not cure. */
const OF_THE_PROVIDER = ["provider", "connect", "slow", "broken-stream", "api", "model", "caller", "local"];

export const hopName = ({ provider, token }: Pick<AttemptRecord, "provider" | "token">): string =>
  token === "" ? provider : `${provider} / ${token}`;

export function whyItWentOn(attempt: AttemptRecord, next: AttemptRecord): string {
  const { provider, token, cause } = attempt;
  const isProviders = OF_THE_PROVIDER.includes(cause);
  if (next.provider === provider && isProviders) return t("goesOnceMore", { provider });
  if (next.provider === provider) return next.token === token ? t("goesSameToken") : t("goesNextToken", { provider });
  const words = { next: hopName(next), provider };
  return isProviders ? t("goesFromProvider", words) : t("goesNextProvider", words);
}

export function whyItStopped({ outcome, status, attempts }: RequestRecord): string {
  switch (outcome) {
    case "served":
    case "rescued":
      return t("endServed");
    case "returned":
      return t("endReturned");
    case "client-left":
      return t("endLeft");
    case "failed":
      return status > 0 && status < 400 ? t("endBroken") : status === 504 ? t("why504") : t("endFailed");
    case "refused":
      return attempts.length > 0 && status === 503 ? t("endFailed") : t("endRefused", { why: whyRefused(status) });
  }
}

const WHY = { 400: "why400", 401: "why401", 404: "why404", 413: "why413", 429: "why429", 503: "why503", 504: "why504" };

function whyRefused(status: number): string {
  const word = (WHY as Record<number, (typeof WHY)[keyof typeof WHY] | undefined>)[status];
  return word === undefined ? t("whyOther", { status }) : t(word as "why400");
}

/** The trail as a header writes it, for a ticket. */
export const trailText = (record: RequestRecord): string =>
  [
    `${record.id} ${record.route} ${record.model} ${record.outcome} ${record.status} ${timeText(record.ms)}`,
    ...record.attempts.map(
      ({ provider, token, model, status, cause, atMs, ms }) =>
        `${provider}/${token} ${model} status=${status}${cause === "" ? "" : ` cause=${cause}`} at=${atMs}ms ms=${ms}`,
    ),
  ].join("\n");
