import { request, type RequestOptions } from "node:http";
import { addressText } from "../config/listen-address.js";
import type { Address, AdminAddress } from "../config/config-types.js";

export const urlOf = (address: Address): string => `http://${addressText(address)}`;

/** How often Envoy took, or refused, each of the two watched files. */
export interface Updates {
  lds: { taken: number; refused: number };
  cds: { taken: number; refused: number };
}

/** Whether Envoy has done its start. */
export async function isLive(admin: AdminAddress): Promise<boolean> {
  return (await ask(admin, "/ready"))?.startsWith("LIVE") ?? false;
}

/** undefined: Envoy does not answer. */
export async function updatesOf(admin: AdminAddress): Promise<Updates | undefined> {
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
export async function isWarm(admin: AdminAddress): Promise<boolean> {
  return /: 0\b/.test((await ask(admin, "/stats?filter=^cluster_manager%5C.warming_clusters$")) ?? "");
}

/** How many calls of clients are under way; none when Envoy does not answer. */
export async function activeCalls(admin: AdminAddress): Promise<number> {
  const text = await ask(admin, "/stats?filter=^http%5C.ai_failover%5C.downstream_rq_active$");
  return Number(/: (\d+)/.exec(text ?? "")?.[1] ?? 0);
}

/** What changes Envoy is a POST. */
export async function order(admin: AdminAddress, path: string): Promise<void> {
  await ask(admin, path, "POST");
}

/** How long Envoy may take to answer, milliseconds. */
const LIMIT = 1000;

function ask(admin: AdminAddress, path: string, method = "GET"): Promise<string | undefined> {
  const to: RequestOptions = "socket" in admin ? { socketPath: admin.socket } : admin;
  return new Promise(done => {
    const failed = () => done(undefined);
    const asked = request({ ...to, path, method, agent: false, signal: AbortSignal.timeout(LIMIT) }, answer => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.once("end", () => done(text)).once("error", failed);
    });
    asked.once("error", failed).end();
  });
}
