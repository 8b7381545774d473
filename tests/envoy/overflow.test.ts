import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { failures, letAsk } from "./crowd.js";
import { HOSTS, moveIn, startGateway, until, type Gateway } from "./running-gateway.js";

let gateway: Gateway;
afterEach(() => gateway.stop());

/** As in an Envoy whose clusters somebody else has written, with limits of their own. */
async function narrow(): Promise<void> {
  const file = readFileSync(join(gateway.directory, "cds.yaml"), "utf8");
  const [first, ...others] = file.split(/(?=name: two)/);
  const narrowed = first!.replace(/max_(connections|pending_requests|requests): 10000/g, "max_$1: 1");
  expect(narrowed).not.toBe(first);
  const updates = await gateway.stat("cluster_manager.cds.update_success");
  moveIn(gateway.directory, { "cds.yaml": [narrowed, ...others].join("") });
  await until(async () => (await gateway.stat("cluster_manager.cds.update_success")) > updates);
}

describe.each(HOSTS)("a cluster that is full, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  it("is no fault of its provider: requests go on to the next one, and come back", async () => {
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
    await narrow();
    await gateway.providers.one!.set("*", "slow 1500ms");
    const body = () => ({ model: "m", messages: [] });
    const visits = await letAsk(gateway, { clients: 12, requests: 12, body });
    expect(failures(visits)).toEqual([]);
    const trails = new Set(visits.map(({ answer }) => answer.trail));
    expect(trails).toEqual(new Set(["one/t1 200", "one/t1 local, two/t1 200"]));
    await gateway.providers.one!.reset();
    const after = await letAsk(gateway, { clients: 1, requests: 5, body });
    expect(after.map(({ answer }) => answer.trail)).toEqual(Array(5).fill("one/t1 200"));
  });
});
