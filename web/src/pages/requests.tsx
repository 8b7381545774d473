/** Why did this one go that way: the last requests, and one of them opened beside the list. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { OutcomeWord, RequestRecord } from "../../../cli/console/request-record.js";
import { go, isPaused, place, query, replaceAddress, state, wantRequests } from "../console-state.js";
import { Button, Link, Panel, PauseButton } from "../parts/controls.js";
import { attemptState, Mark, OutcomeText } from "../parts/marks.js";
import { RequestDetails } from "../parts/request-details.js";
import { VirtualList } from "../parts/virtual-list.js";
import {
  filterText,
  fits,
  isHeld,
  knownCauses,
  loadRequests,
  MOST_KEPT,
  readFilter,
  showWaiting,
  shownRequests,
  waitingCount,
  type RequestFilter,
} from "../request-list.js";
import { hopName } from "../request-words.js";
import { clockText } from "../times.js";
import { causeText, t } from "../words.js";

const OUTCOMES: OutcomeWord[] = ["served", "rescued", "returned", "refused", "failed", "client-left"];
const ROW = 56;
/** Marks that a row has room for. */
const MOST_MARKS = 6;

export function RequestsPage() {
  const [, id] = place.value;
  const [isAway, setAway] = useState(false);
  const filter = readFilter(query.value);
  const all = shownRequests.value;
  const list = useMemo(() => (all ?? []).filter(record => fits(record, filter)), [all, filterText(filter)]);
  const opened = id === undefined ? undefined : all?.find(record => record.id === id);

  useEffect(() => {
    void loadRequests();
    return wantRequests();
  }, []);
  useEffect(() => {
    const look = () => setAway(scrollY > 40);
    addEventListener("scroll", look, { passive: true });
    return () => removeEventListener("scroll", look);
  }, []);
  isHeld.value = isPaused.value || isAway || id !== undefined;
  useEffect(() => {
    if (!isHeld.value && waitingCount.value > 0) showWaiting();
  }, [isPaused.value, isAway, id]);

  const close = () => {
    go(`/requests${filterText(filter)}`, true);
    document.getElementById(`request-${id}`)?.focus();
  };
  useEffect(() => {
    if (id === undefined) return;
    document.getElementById("opened-request")?.focus({ preventScroll: innerWidth >= 760 });
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && close();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [id]);
  const open = (record: RequestRecord) => go(`/requests/${record.id}${filterText(filter)}`, true);

  return (
    <>
      <div class="title">
        <h1>{t("requests")}</h1>
        <PauseButton />
      </div>
      <p class="note lead">{t("requestsText")}</p>
      <Filters filter={filter} shown={list.length} all={all?.length ?? 0} />
      {all !== null && all.length === 0 ? (
        <Empty />
      ) : (
        <div class={id === undefined ? "" : "sides list-and-opened"}>
          <section class="panel" aria-label={t("requests")}>
            <div class="request-head" aria-hidden="true">
              <span>{t("time")}</span>
              <span>{t("askedServed")}</span>
              <span>{t("outcome")}</span>
              <span>{t("trail")}</span>
            </div>
            <div class="fresh">
              {waitingCount.value > 0 && (
                <Button
                  kind="small"
                  onClick={() => {
                    showWaiting();
                    scrollTo(0, 0);
                  }}
                >
                  {t("showNew", { n: waitingCount.value })}
                </Button>
              )}
            </div>
            {all !== null && list.length === 0 && <p class="body note">{t("noneFits", { n: all.length })}</p>}
            <VirtualList items={list} height={ROW} label={t("requests")} keyOf={({ id }) => id}>
              {record => <Row record={record} isOpen={record.id === id} onOpen={() => open(record)} />}
            </VirtualList>
          </section>
          {opened !== undefined && <RequestDetails record={opened} onClose={close} />}
          {id !== undefined && opened === undefined && all !== null && (
            <Panel>
              <p class="body note">{t("unknownRequest", { n: MOST_KEPT })}</p>
            </Panel>
          )}
        </div>
      )}
    </>
  );
}

function Row({ record, isOpen, onOpen }: { record: RequestRecord; isOpen: boolean; onOpen: () => void }) {
  const { id, time, model, outcome, attempts, servedModel } = record;
  const causes = [...new Set(attempts.map(({ cause }) => cause))].filter(cause => cause !== "");
  const isRenamed = servedModel !== undefined && servedModel !== model;
  return (
    <div class={isOpen ? "request-row open" : "request-row"}>
      <a
        id={`request-${id}`}
        href={`/requests/${id}`}
        aria-current={isOpen ? "true" : undefined}
        onClick={event => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          onOpen();
        }}
      >
        {clockText(time)}
      </a>
      <span class="cut">
        <span dir="auto">{model || "–"}</span>
        <span class="note block">
          {record.provider === undefined
            ? "–"
            : `→ ${hopName({ provider: record.provider, token: record.token ?? "" })}${isRenamed ? ` · ${servedModel}` : ""}`}
        </span>
      </span>
      <OutcomeText outcome={outcome} />
      <span class="cut">
        <span class="marks">
          {attempts.slice(0, MOST_MARKS).map(({ cause }, i) => (
            <Mark key={i} state={attemptState(cause)} label="" />
          ))}
          {attempts.length > MOST_MARKS ? `+${attempts.length - MOST_MARKS}` : ""}
        </span>
        <span class="note block">{causes.map(causeText).join(", ")}</span>
      </span>
    </div>
  );
}

function Filters({ filter, shown, all }: { filter: RequestFilter; shown: number; all: number }) {
  const set = (part: Partial<RequestFilter>) => {
    const [, id] = place.value;
    replaceAddress(`/requests${id === undefined ? "" : `/${id}`}${filterText({ ...filter, ...part })}`);
  };
  const routes = state.value!.config.routes.map(({ name }) => name);
  const causes = [...new Set([...knownCauses.value, ...(filter.cause === "" ? [] : [filter.cause])])].sort();
  return (
    <div class="filters" role="search" aria-label={t("requests")}>
      <select
        id="request-filter"
        aria-label={t("route")}
        value={filter.route}
        onChange={event => set({ route: event.currentTarget.value })}
      >
        <option value="">{t("allRoutes")}</option>
        {routes.map(name => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        aria-label={t("outcome")}
        value={filter.outcome}
        onChange={event => set({ outcome: event.currentTarget.value as OutcomeWord | "" })}
      >
        <option value="">{t("allOutcomes")}</option>
        {OUTCOMES.map(outcome => (
          <option key={outcome} value={outcome}>
            {t(`outcome-${outcome}`)}
          </option>
        ))}
      </select>
      <select
        aria-label={t("cause")}
        value={filter.cause}
        onChange={event => set({ cause: event.currentTarget.value })}
      >
        <option value="">{t("anyCause")}</option>
        {causes.map(cause => (
          <option key={cause} value={cause}>
            {causeText(cause)}
          </option>
        ))}
      </select>
      <label class="check">
        <input
          type="checkbox"
          checked={filter.hasFailure}
          onChange={event => set({ hasFailure: event.currentTarget.checked })}
        />
        {t("onlyFailed")}
      </label>
      <span class="note">{t("lastShown", { n: all, m: shown })}</span>
    </div>
  );
}

function Empty() {
  const { gateway } = state.value!;
  return (
    <Panel>
      <div class="body">
        <p>{t("noRequests")}</p>
        <p class="note">
          {t("noRequestsText")} <code>{gateway.address}/v1</code>
        </p>
        <Link to="/try">{t("tryIt")}</Link>
      </div>
    </Panel>
  );
}
