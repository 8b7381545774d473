import { resolveConfig } from "../config/load-config.js";
import { sourceOf, type Source } from "../config/source.js";
import type { GatewayConfig } from "../config/config-types.js";
import { standInTokens } from "./default-file.js";
import { planKeys, type DemoPlan } from "./keys.js";

/** A configuration that is ready to be served. */
export interface Loaded {
  config: GatewayConfig;
  /** What Envoy's process is given. */
  env: NodeJS.ProcessEnv;
  notes: string[];
  /** Whether demo providers answer. */
  demo: boolean;
}

/** Gives a planned demo provider its address. */
export type StartDemo = (plan: DemoPlan) => Promise<{ url: string }>;

/** The file of `--config`: as it is, and a variable that is not set is a mistake. */
export function loadGiven(source: Source, env: NodeJS.ProcessEnv): Loaded {
  return { config: resolveConfig(source, env), env, notes: [], demo: false };
}

/** The file of a first start: with what the keys at hand allow. */
export async function loadDefault(source: Source, env: NodeJS.ProcessEnv, startDemo: StartDemo): Promise<Loaded> {
  // Mistakes are found in the file as it was written, so that their lines are right.
  resolveConfig(source, { ...env, ...standInTokens(source.value, env) });
  const plan = planKeys(source.value, env);
  for (const demo of plan.demos) {
    const { url } = await startDemo(demo);
    Object.assign(demo.provider, { url, messagesUrl: url });
  }
  const allEnv = { ...env, ...plan.env };
  const config = resolveConfig(sourceOf(plan.value, source.name, source.directory), allEnv);
  return { config, env: allEnv, notes: plan.notes, demo: plan.demos.length > 0 };
}
