/** In which language the pages speak: chosen by the person, or the browser's. */
import { signal } from "@preact/signals";

export type Language = "en" | "zh";

const STORED = "ai-failover-language";

export const language = signal<Language>(initialLanguage());

function initialLanguage(): Language {
  const kept = localStorage.getItem(STORED);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export function setLanguage(next: Language): void {
  localStorage.setItem(STORED, next);
  language.value = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
}
