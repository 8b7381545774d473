import type { Address } from "../config/config-types.js";

export const urlOf = ({ host, port }: Address): string => `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** How often Envoy took, or refused, each of the two watched files. */
export interface Updates {
  lds: { taken: number; refused: number };
  cds: { taken: number; refused: number };
}

/** Whether Envoy has done its start. */
export async function isLive(admin: Address): Promise<boolean> {
  return (await ask(admin, "/ready"))?.startsWith("LIVE") ?? false;
}

/** undefined: Envoy does not answer. */
export async function updatesOf(admin: Address): Promise<Updates | undefined> {
  const text = await ask(admin, "/stats?filter=%5C.[lc]ds%5C.update_(success|rejected)$");
  if (text === undefined) return undefined;
  const count = (name: string) => Number(new RegExp(`\\.${name}: (\\d+)`).exec(text)?.[1] ?? 0);
  const of = (file: "lds" | "cds") => ({
    taken: count(`${file}\\.update_success`),
    refused: count(`${file}\\.update_rejected`),
  });
  return { lds: of("lds"), cds: of("cds") };
}

/** Whether every cluster that Envoy has been given can be called; one whose name is being looked up cannot yet. */
export async function isWarm(admin: Address): Promise<boolean> {
  return /: 0\b/.test((await ask(admin, "/stats?filter=^cluster_manager%5C.warming_clusters$")) ?? "");
}

/** How many calls of clients are under way; none when Envoy does not answer. */
export async function activeCalls(admin: Address): Promise<number> {
  const text = await ask(admin, "/stats?filter=^http%5C.ai_failover%5C.downstream_rq_active$");
  return Number(/: (\d+)/.exec(text ?? "")?.[1] ?? 0);
}

/** What changes Envoy is a POST. */
export async function order(admin: Address, path: string): Promise<void> {
  await ask(admin, path, "POST");
}

async function ask(admin: Address, path: string, method = "GET"): Promise<string | undefined> {
  try {
    const response = await fetch(urlOf(admin) + path, { method, signal: AbortSignal.timeout(1000) });
    return await response.text();
  } catch {
    return undefined;
  }
}
