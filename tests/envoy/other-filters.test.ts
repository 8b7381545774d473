import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { HOSTS, moveIn, startGateway, until, type Gateway } from "./running-gateway.js";

let gateway: Gateway;
afterEach(() => gateway.stop());

/** A filter between the module and the router that refuses what has the header, one that the API knows: others are gone there. */
const DENIES = `
          - name: envoy.filters.http.fault
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
              headers: [{name: openai-beta, present_match: true}]
              abort: {http_status: 403, percentage: {numerator: 100}}`;

async function addFilter(): Promise<void> {
  const file = readFileSync(join(gateway.directory, "lds.yaml"), "utf8");
  // In hop mode the internal listener has a router, too, and comes first.
  const start = file.indexOf("name: ai-failover\n");
  const [line, indent] = /^( *)- name: envoy\.filters\.http\.router$/m.exec(file.slice(start))!;
  const added = DENIES.slice(1).replaceAll(/^ {10}/gm, indent!);
  const updates = await gateway.stat("listener_manager.lds.update_success");
  const changed = file.slice(start).replace(line, `${added}\n${line}`);
  moveIn(gateway.directory, { "lds.yaml": file.slice(0, start) + changed });
  await until(async () => (await gateway.stat("listener_manager.lds.update_success")) > updates);
}

describe.each(HOSTS)(
  "a filter behind the module that refuses a request, in $mode mode, on Envoy $version,",
  ({ mode, version }) => {
    it.each([false, true])("has the last word, and no provider is to blame (stream: %s)", async stream => {
      gateway = await startGateway({
        ...{ mode, version },
        providers: { one: { tokens: ["one-1"] }, two: { tokens: ["two-1"] } },
        routes: [
          {
            ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
            fallbackConfig: { enabled: true, upstreams: [{ provider: "two" }] },
          },
        ],
      });
      await addFilter();
      const ask = (headers: Record<string, string>) =>
        gateway.ask({ model: "m", stream, messages: [] }, { headers: { connection: "close", ...headers } });
      await until(async () => (await ask({ "openai-beta": "deny" })).status === 403);
      for (const provider of Object.values(gateway.providers)) provider.requests.length = 0;
      for (let i = 0; i < 6; i++) {
        const answer = await ask({ "openai-beta": "deny" });
        expect([answer.status, answer.text]).toEqual([403, "fault filter abort"]);
      }
      expect(Object.values(gateway.providers).flatMap(({ requests }) => requests)).toEqual([]);
      expect((await ask({})).trail).toBe("one/t1 200");
    });
  },
);
