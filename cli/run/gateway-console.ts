import { startConsole, type RunningConsole } from "../console/console-server.js";
import type { ConsoleHost } from "../console/console-host.js";
import type { Preview } from "../console/config-editor.js";
import type { DemoState, Mistake } from "../console/console-types.js";
import { expandText } from "../config/expand.js";
import { warningsOf } from "../config/notices.js";
import { ConfigError, pathText } from "../config/problem.js";
import type { GatewayConfig } from "../config/config-types.js";
import { faultText, type Fault } from "../demo/demo-fault.js";
import { Refusal } from "../refusal.js";
import { pluginConfig } from "../render/render-plugin.js";
import { urlOf } from "./admin-client.js";
import { reachable } from "./envoy-process.js";
import type { Gateway } from "./gateway.js";

/** Starts the console of a gateway that runs; undefined where it is off. Throws a Refusal where it cannot listen. */
export async function startGatewayConsole(
  gateway: Gateway,
  version: string,
  say: (line: string) => void,
): Promise<RunningConsole | undefined> {
  const { enabled, listen, password, hosts } = gateway.config.console;
  if (!enabled) return undefined;
  const secret = password === undefined ? undefined : expandText(password, gateway.env);
  return startConsole(hostOf(gateway, version), { listen, password: secret, hosts, say });
}

/** The gateway as its console sees it. */
function hostOf(gateway: Gateway, version: string): ConsoleHost {
  return {
    file: gateway.file,
    get config() {
      return gateway.config;
    },
    get env() {
      return gateway.env;
    },
    describe: () => ({
      version,
      envoy: gateway.envoy.version,
      workers: gateway.workers ?? null,
      address: addressOf(gateway.config),
      isUp: gateway.isUp,
      reason: gateway.isUp ? "" : `Envoy has ended and is being started again; see ${gateway.logFile}.`,
      isDemo: gateway.demo,
    }),
    preview: text => preview(gateway, text),
    candidate: async text => pluginConfig((await gateway.preview(text)).config, { mode: gateway.mode }),
    reload: () => gateway.readNow(),
    records: gateway.records,
    demos: () => demosOf(gateway),
    setDemo: (provider, token, fault) => setDemo(gateway, provider, token, fault),
    async resetDemos() {
      await Promise.all(gateway.demos.running.map(provider => provider.reset()));
    },
  };
}

function addressOf({ listen }: GatewayConfig): string {
  const local = reachable(listen);
  return urlOf({ ...local, host: local.host === "127.0.0.1" ? "localhost" : local.host });
}

async function preview(gateway: Gateway, text: string): Promise<Preview> {
  try {
    const { config, fixed } = await gateway.preview(text);
    const moved = JSON.stringify(config.console) !== JSON.stringify(gateway.config.console) ? ["console"] : [];
    return { mistakes: [], warnings: warningsOf(config, gateway.workers), restart: [...fixed, ...moved] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { mistakes: mistakesOf(error), warnings: [], restart: [] };
  }
}

function mistakesOf(error: Refusal): Mistake[] {
  if (!(error instanceof ConfigError)) return [{ path: "", found: error.message, allowed: "" }];
  return error.problems.map(({ path, found, fix, line }) => ({ path: pathText(path), found, allowed: fix, line }));
}

function demosOf({ demos }: Gateway): DemoState[] {
  return demos.running.map(provider => {
    const faults = new Map(provider.faults());
    const tokens = provider.tokens.map((_, i) => {
      const fault = faults.get(String(i + 1)) ?? faults.get("*");
      return { name: `demo-${i + 1}`, fault: fault === undefined ? "ok" : faultText(fault) };
    });
    return { provider: provider.name, tokens };
  });
}

async function setDemo({ demos }: Gateway, name: string, token: string, fault: Fault): Promise<void> {
  const provider = demos.running.find(provider => provider.name === name);
  if (provider === undefined) throw new Refusal(`There is no demo provider "${name}".`);
  await provider.set(token === "*" ? "*" : Number(token.replace(/^demo-/, "")), fault);
}
