/** What may happen to a call, on one real gateway, and what a client shows of it in one cell of docs/clients.md. */
import { startGateway, type Gateway, type TestHost } from "../envoy/running-gateway.js";

interface Scenario {
  name: string;
  /** What its providers do to each token: see DemoProvider.set. */
  faults?: Record<string, Record<string, string>>;
  model?: string;
}

export const SCENARIOS: Scenario[] = [
  { name: "All is well" },
  { name: "The first token is refused", faults: { first: { 1: "401" } } },
  { name: "The first provider is down", faults: { first: { "*": "reset" } } },
  { name: "The stream ends in the middle", faults: { first: { "*": "truncated" } } },
  { name: "The connection breaks in the middle", faults: { first: { "*": "cut" } } },
  { name: "Every provider is down", faults: { first: { "*": "503" }, second: { "*": "503" } } },
  { name: "Every key is refused", faults: { first: { "*": "401" }, second: { "*": "401" } } },
  { name: "No route serves the model", model: "unheard-of" },
];

/** What a client has shown: the words of the answer that came, and the error as its user reads it. */
export interface Shown {
  said: string;
  error: string;
}

/** Asks the gateway at `url` for a streamed answer of `model`. */
export type Ask = (url: string, model: string) => Promise<Shown>;

/** A gateway with two providers in a row. Both serve OpenAI's APIs and Anthropic's. */
export async function startScenarios(host: TestHost = {}): Promise<Gateway> {
  const provider = (tokens: string[]) => ({
    // Slow enough that words are read before their connection breaks.
    ...{ tokens, pace: 10 },
    config: {
      type: "claude",
      // In this order each time.
      apiTokens: tokens.map((value, i) => ({ name: `t${i + 1}`, value, priority: i })),
      // Nobody is ever out, so that each case meets its own faults.
      ...{ failover: { enabled: false }, providerBreaker: { failureThreshold: 100_000 } },
    },
  });
  return startGateway({
    ...host,
    providers: { first: provider(["first-1", "first-2"]), second: provider(["second-1"]) },
    routes: [
      {
        ...{ name: "demo", modelPredicates: [{ matchType: "EQUAL", matchValue: "demo" }] },
        ...{ upstreams: [{ provider: "first" }], fallbackConfig: { upstreams: [{ provider: "second" }] } },
      },
    ],
  });
}

/** What each scenario comes to for one client, as a cell of the page. */
export async function showAll(gateway: Gateway, ask: Ask): Promise<string[]> {
  const cells: string[] = [];
  for (const { faults, model = "demo" } of SCENARIOS) {
    for (const [id, provider] of Object.entries(gateway.providers)) {
      await provider.reset();
      for (const [token, fault] of Object.entries(faults?.[id] ?? {}))
        await provider.set(token === "*" ? token : Number(token), fault);
    }
    cells.push(cellOf(await ask(gateway.url, model)));
  }
  return cells;
}

const WHOLE = /^Hello from (first|second), model demo, token \d\.$/;

function cellOf({ said, error }: Shown): string {
  const [, provider] = WHOLE.exec(said) ?? [];
  const words = provider !== undefined ? `the whole answer of ${provider}` : said === "" ? "" : "its beginning";
  const told = error === "" ? "" : `\`${tidy(error)}\``;
  return [words, told].filter(part => part !== "").join(", then ") || "an empty answer";
}

/** Without what differs from call to call. */
const tidy = (error: string) =>
  error
    .replace(/\s+/g, " ")
    .replace(/;ms=\d+/g, "")
    .replace(/127\.0\.0\.1:\d+/g, "gateway")
    .replaceAll("|", "/")
    .replaceAll("`", "'")
    .trim();
