/** The frame around every page: where one can go, and whether the gateway serves. */
import { useEffect } from "preact/hooks";
import type { Mistake } from "../../cli/console/console-types.js";
import { attentionOf } from "./attention.js";
import { connect, go, isDark, isOffline, mustLogIn, notice, place, setDark, state } from "./console-state.js";
import { ask } from "./console-api.js";
import { DryRunPage } from "./pages/dry-run-page.js";
import { FirstRunPage } from "./pages/first-run.js";
import { LoginPage } from "./pages/login.js";
import { OverviewPage } from "./pages/overview.js";
import { ProviderPage } from "./pages/provider-page.js";
import { ProvidersPage, shownTokens } from "./pages/providers.js";
import { RequestsPage } from "./pages/requests.js";
import { RouteEditPage } from "./pages/route-edit.js";
import { RoutesPage } from "./pages/routes.js";
import { TryPage } from "./pages/try-page.js";
import { Button, Link } from "./parts/controls.js";
import { Mark } from "./parts/marks.js";
import { language, setLanguage } from "./language.js";
import { clockText } from "./times.js";
import { t, type Word } from "./words.js";

const ENTRIES: { page: string; word: Word }[] = [
  { page: "overview", word: "overview" },
  { page: "providers", word: "providers" },
  { page: "routes", word: "routes" },
  { page: "requests", word: "requests" },
  { page: "try", word: "tryIt" },
  { page: "dry-run", word: "dryRun" },
];

/** How long the strip says what was done, milliseconds. */
const NOTICE_TIME = 10_000;
const LOOKED_AROUND = "ai-failover-looked-around";

/** From now on the demo providers do not bring up the first page. */
function lookAround(): void {
  localStorage.setItem(LOOKED_AROUND, "1");
  go("/try");
}

export function App() {
  const current = place.value[0] ?? startPage();
  useEffect(() => {
    const entry = ENTRIES.find(({ page }) => page === current);
    document.title = `${entry ? `${t(entry.word)} · ` : ""}ai-failover`;
  }, [current, language.value]);
  if (mustLogIn.value) return <LoginPage />;
  if (state.value === null) return <main class="page loading">{isOffline.value ? t("offline") : ""}</main>;
  return (
    <div class="frame">
      <a class="skip" href="#content">
        {t("skip")}
      </a>
      <header class="banner">
        <div class="brand">
          <strong>ai-failover</strong>
          <span class="note">
            Envoy {state.value.gateway.envoy}
            {state.value.gateway.workers === null ? "" : ` · ${t("workers", { n: state.value.gateway.workers })}`}
          </span>
        </div>
        <Preferences />
        <Strip />
      </header>
      <nav aria-label="ai-failover">
        <ul>
          {ENTRIES.map(({ page, word }) => (
            <li key={page}>
              <Link to={`/${page}`} current={page === current}>
                {t(word)}
                {page === "providers" && <Badge />}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content" class="page" tabIndex={-1} key={pageKey(place.value)}>
        {pageOf(current)}
      </main>
    </div>
  );
}

/** A page with something opened beside its list is the same page. */
const pageKey = ([page = "", name = ""]: string[]): string => (page === "requests" ? page : `${page}/${name}`);

function startPage(): string {
  return state.value?.gateway.isDemo && localStorage.getItem(LOOKED_AROUND) === null ? "start" : "overview";
}

function pageOf(current: string) {
  const [, name] = place.value;
  switch (current) {
    case "start":
      return <FirstRunPage onSkip={lookAround} />;
    case "providers":
      return name === undefined ? <ProvidersPage /> : <ProviderPage id={name} />;
    case "routes":
      return name === undefined ? <RoutesPage /> : <RouteEditPage index={Number(name)} />;
    case "requests":
      return <RequestsPage />;
    case "dry-run":
      return <DryRunPage />;
    case "try":
      return <TryPage />;
    default:
      return <OverviewPage />;
  }
}

async function logOut(): Promise<void> {
  await ask("logout", {});
  await connect();
}

function Preferences() {
  return (
    <div class="preferences">
      <div class="segments" role="group" aria-label="Language">
        <button type="button" aria-pressed={language.value === "en"} onClick={() => setLanguage("en")}>
          EN
        </button>
        <button type="button" aria-pressed={language.value === "zh"} lang="zh-CN" onClick={() => setLanguage("zh")}>
          中文
        </button>
      </div>
      <Button kind="small" onClick={() => setDark(!isDark.value)}>
        {isDark.value ? t("light") : t("dark")}
      </Button>
      {state.value?.needsPassword && (
        <Button kind="text" onClick={logOut}>
          {t("logOut")}
        </Button>
      )}
    </div>
  );
}

/** One line that says whether the gateway serves: always there, only its words change. */
function Strip() {
  const { gateway, file, status } = state.value!;
  const attention = attentionOf(state.value!).length;
  const undo = async () => {
    await ask("undo", {});
    notice.value = t("undone");
    await connect();
  };
  useEffect(() => {
    const timer = setTimeout(() => (notice.value = ""), NOTICE_TIME);
    return () => clearTimeout(timer);
  }, [notice.value]);
  const isWarning = isOffline.value || file.mistakes !== null || file.isReadOnly;
  return (
    <div class={`strip ${!gateway.isUp ? "wrong" : isWarning ? "waits" : ""}`}>
      <div role="status">
        {isOffline.value ? (
          <>
            <Mark state="no-token" label="" /> {t("offline")}
          </>
        ) : !gateway.isUp ? (
          <>
            <Mark state="out" label="" /> {t("gatewayDown")} {gateway.reason}
            {status !== null && ` ${t("figuresOf", { time: clockText(status.now) })}`}
          </>
        ) : file.mistakes !== null ? (
          <>
            <Mark state="rate-limited" label="" /> {t("fileError", { file: file.name })} {mistakeText(file.mistakes[0])}{" "}
            <Link to="/overview">{t("details")}</Link>
          </>
        ) : file.isReadOnly ? (
          <>
            <Mark state="rate-limited" label="" /> {t("readOnly", { file: file.name })}
          </>
        ) : (
          <>
            <Mark state="live" label="" /> {t("servingOn")} <strong>{gateway.address}</strong>
            {gateway.isDemo ? ` ${t("withDemo")}` : ""}
            {attention > 0 && (
              <>
                {" · "}
                <Link to="/overview">{t("needAttention", { n: attention })}</Link>
              </>
            )}
          </>
        )}
      </div>
      <div class="file">
        <span class="note" aria-live="polite">
          {notice.value || `${file.name} · ${t("saved", { time: clockText(file.savedAt) })}`}
        </span>
        {file.canUndo && (
          <Button kind="text" onClick={undo}>
            {t("undo")}
          </Button>
        )}
      </div>
    </div>
  );
}

const mistakeText = (mistake: Mistake | undefined): string =>
  mistake === undefined
    ? ""
    : `${mistake.line === undefined ? "" : `${t("line", { n: mistake.line })}: `}${`${mistake.path} ${mistake.found}`.trim()}`;

/** Tokens that are out, beside the page that tells of them, and only for the eye: the page itself says it in words. */
function Badge() {
  const out = state.value!.config.providers.flatMap(shownTokens).filter(({ word }) => word === "out").length;
  if (out === 0) return null;
  return (
    <span class="badge red" aria-hidden="true">
      <Mark state="out" label="" /> {out}
    </span>
  );
}
