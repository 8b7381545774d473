/** What all pages share: the gateway's state as it comes in, who is logged in, which page is open, light or dark. */
import { computed, signal } from "@preact/signals";
import type { ConsoleState, FreshRequests, PresetView, ProviderView } from "../../cli/console/console-types.js";
import type { BreakerWord, ProviderStatus, RouteStatus, TokenStatus } from "../../cli/status/status-types.js";
import { ApiError, ask } from "./console-api.js";
import { takeFresh } from "./request-list.js";

export const state = signal<ConsoleState | null>(null);
export const presets = signal<PresetView[]>([]);
/** The page has lost its event stream. */
export const isOffline = signal(false);
export const mustLogIn = signal(false);
/** Nothing that is shown changes by itself. */
export const isPaused = signal(false);
/** What has changed since. */
let held: Partial<ConsoleState> = {};

export function setPaused(paused: boolean): void {
  isPaused.value = paused;
  if (!paused && state.value !== null) state.value = { ...state.value, ...held };
  held = {};
}

/** A sentence for the strip, and for those who listen. */
export const notice = signal("");

// === Pages ===

export const path = signal(location.pathname + location.search);

/** @param stays whether the page stays where it is scrolled to: it is the same one, with something opened or closed */
export function go(to: string, stays = false): void {
  history.pushState(null, "", to);
  path.value = to;
  if (!stays) scrollTo(0, 0);
}

/** The same page with other filters. */
export function replaceAddress(to: string): void {
  history.replaceState(null, "", to);
  path.value = to;
}

addEventListener("popstate", () => (path.value = location.pathname + location.search));

/** "/routes/aliyun?edit=1" is ["routes", "aliyun"]. */
export const place = computed(() =>
  path.value
    .split("?", 1)[0]!
    .split("/")
    .filter(part => part !== "")
    .map(decodeURIComponent),
);
export const query = computed(() => new URLSearchParams(path.value.split("?")[1] ?? ""));

// === Light or dark ===

const STORED = "ai-failover-theme";
export const isDark = signal(
  (localStorage.getItem(STORED) ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark",
);

export function setDark(dark: boolean): void {
  localStorage.setItem(STORED, dark ? "dark" : "light");
  isDark.value = dark;
  showTheme();
}

export const showTheme = (): void => void (document.documentElement.dataset.theme = isDark.value ? "dark" : "light");

// === Live state ===

let events: EventSource | undefined;
/** How many parts of the page want to be told of requests. */
let requestsWanted = 0;

/** From now on requests are told as they come. Answers how to end it. */
export function wantRequests(): () => void {
  requestsWanted++;
  listen();
  return () => {
    requestsWanted--;
    listen();
  };
}

/** Reads the state, and again whenever it changes; while the tab is hidden nothing is asked. */
export async function connect(): Promise<void> {
  try {
    state.value = await ask<ConsoleState>("state");
    if (presets.value.length === 0) presets.value = await ask<PresetView[]>("presets");
    mustLogIn.value = false;
    isOffline.value = false;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) mustLogIn.value = true;
    else isOffline.value = true;
  }
  listen();
}

function listen(): void {
  events?.close();
  events = undefined;
  if (document.hidden || mustLogIn.value) return;
  events = new EventSource(requestsWanted > 0 ? "/api/events?requests" : "/api/events");
  events.addEventListener("state", event => {
    const changed = JSON.parse((event as MessageEvent<string>).data) as Partial<ConsoleState>;
    if (isPaused.value) held = { ...held, ...changed };
    else if (state.value !== null) state.value = { ...state.value, ...changed };
    isOffline.value = false;
  });
  events.addEventListener("requests", event =>
    takeFresh(JSON.parse((event as MessageEvent<string>).data) as FreshRequests),
  );
  events.onerror = () => {
    isOffline.value = true;
    events?.close();
    setTimeout(() => void connect(), 2000);
  };
}

document.addEventListener("visibilitychange", () => (document.hidden ? listen() : void connect()));

// === What is read out of it ===

const site = computed(() => state.value?.status?.sites[0]);

export const providerStatus = (id: string): ProviderStatus | undefined =>
  site.value?.providers.find(provider => provider.id === id);
export const routeStatus = (name: string): RouteStatus | undefined =>
  site.value?.routes.find(route => route.name === name);
export const tokenStatus = (provider: string, name: string): TokenStatus | undefined =>
  providerStatus(provider)?.tokens.find(token => token.name === name);

/** The state of a provider in one word: its own, or "no-token" where it has none to use. */
export function providerWord(provider: ProviderView): BreakerWord | "no-token" {
  if (provider.isLeftOut) return "no-token";
  const status = providerStatus(provider.id);
  if (status === undefined) return "live";
  if (status.state !== "live" || status.tokens.length === 0) return status.state;
  return status.tokens.some(token => token.state === "live") ? "live" : status.tokens[0]!.state;
}

/** The tokens of a provider that would be asked now. */
export const liveTokens = (id: string): TokenStatus[] =>
  (providerStatus(id)?.tokens ?? []).filter(token => token.state === "live");
