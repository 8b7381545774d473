import { colourOf, type Colour } from "../colour.js";
import { summaryOf } from "../config/summary.js";
import { noticesOf } from "../config/notices.js";
import type { Route } from "../config/config-types.js";
import { urlOf } from "./admin-client.js";
import { reachable } from "./envoy-process.js";
import type { Gateway } from "./gateway.js";

/** Models to try that there are: of a prefix that a route serves, the first that begins with it. */
const EXAMPLES = ["qwen-turbo", "deepseek-v4-flash", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-flash"];

/** What a person sees when the gateway is ready. `noConsole`: why there is none although it is on. */
export function bannerOf(gateway: Gateway, version: string, consoleUrl?: string, noConsole?: string): string[] {
  const { config, admin, envoy, mode, file, demo, env } = gateway;
  const colour = colourOf(process.stdout, env);
  const { good, strong, dim } = colour;
  const notes = [
    ...(noConsole === undefined ? [] : [noConsole]),
    ...gateway.notes,
    ...(demo
      ? [
          "No key is set, so demo providers answer. For real ones set DASHSCOPE_API_KEY, DEEPSEEK_API_KEY or OPENAI_API_KEY.",
        ]
      : []),
    ...noticesOf(config, file, gateway.workers),
  ];
  const local = reachable(config.listen);
  const base = urlOf({ ...local, host: local.host === "127.0.0.1" ? "localhost" : local.host });
  return [
    "",
    `  ${strong("ai-failover")} ${version}   ${dim(`Envoy ${envoy.version} (${envoy.source}), ${mode} mode`)}`,
    "",
    row(colour, "Gateway", `${base}/v1`),
    ...(consoleUrl === undefined ? [] : [row(colour, "Console", consoleUrl.replace("127.0.0.1", "localhost"))]),
    row(colour, "Admin", "socket" in admin ? admin.socket : urlOf(admin)),
    ...(config.status.enabled ? [row(colour, "Metrics", `${urlOf(reachable(config.status.listen))}/metrics`)] : []),
    row(colour, "File", `${file} ${dim("(read again when it is saved)")}`),
    "",
    ...summaryOf(config, env).map(line => (line === "" ? "" : `  ${/^[A-Z]+ /.test(line) ? dim(line) : line}`)),
    ...(notes.length > 0 ? ["", ...notes.map(note => `  ${note}`)] : []),
    "",
    `  ${good("Try")}`,
    `  curl -i ${base}/v1/chat/completions -H 'content-type: application/json' \\`,
    ...(config.clientKeys.length > 0 ? ["    -H 'authorization: Bearer KEY_OF_YOURS' \\"] : []),
    `    -d '{"model": "${modelOf(config.routes)}", "messages": [{"role": "user", "content": "Hello"}]}'`,
    ...(demo ? [`  npx ai-failover demo set ${config.providers[0]!.id}/1 401   ${dim("# then call again")}`] : []),
    "",
  ];
}

const row = ({ good, strong }: Colour, name: string, text: string) =>
  `  ${good("➜")}  ${strong(name.padEnd(8))} ${text}`;

/** A model's name that the first route serves. */
function modelOf([route]: Route[]): string {
  const predicate = route?.modelPredicates[0];
  if (predicate === undefined) return "any-model";
  const { matchType, matchValue } = predicate;
  return matchType === "EQUAL"
    ? matchValue
    : (EXAMPLES.find(model => model.startsWith(matchValue)) ?? `${matchValue}1`);
}
