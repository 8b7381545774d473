import { expect, it } from "vitest";
import { json, openAiError, chat, type Seen } from "../host/proxy-host.js";
import { Fleet, INTERVAL, isToken, meet, SOON } from "../filter/virtual-fleet.js";

const GATEWAYS = 1000;
const badKey = json(401, openAiError("invalid_api_key"));

/**
 * In virtual time, on our own host: the module itself, 1,000 times. Three of them serve requests; the others have only the thread that
 * speaks with the store, which is all that a fleet sees of a gateway.
 */
it("1,000 gateways agree within two intervals, probe by one at a time, and ask the store as seldom as one does", () => {
  const probes: Seen[] = [];
  let isBad = true;
  const fleet = new Fleet({
    workers: 1,
    provider: { failover: { healthCheckModel: "small", healthCheckInterval: 3000 } },
  });
  fleet.qwen = request => {
    if (request.by === "callout") probes.push(request);
    return isBad && isToken(1)(request) ? badKey : chat("Hi");
  };
  while (fleet.gateways.length < GATEWAYS) fleet.add({}, { workers: 0 });
  fleet.advance(SOON);
  // Of one moment: `Envoy.metric` lets time pass for each.
  const states = () =>
    new Set(
      fleet.gateways.map(({ process }) => process.metrics.value("ai_failover_token_state;provider=qwen;token=t1")),
    );
  const [live] = states();
  expect([...states()]).toEqual([live]);

  const { calls, bytes } = fleet.store;
  const before = { calls, ...bytes };
  fleet.advance(5 * INTERVAL);
  const idle = (fleet.store.calls - before.calls) / 5;
  console.log(
    `idle: ${idle} calls a second of ${GATEWAYS} gateways, ${(fleet.store.bytes.up - before.up) / 5} B up and`,
    `${(fleet.store.bytes.down - before.down) / 5} B down a second, for an interval of ${INTERVAL} ms`,
  );
  expect(idle).toBeLessThanOrEqual(GATEWAYS);
  expect(idle).toBeGreaterThan(0.9 * GATEWAYS);

  meet(fleet, fleet.gateways[0]!);
  fleet.advance(SOON);
  const [out] = states();
  expect(out).not.toBe(live);
  expect([...states()]).toEqual([out]);
  expect(fleet.store.ops["O"]).toBe(1);

  // Still bad: all want to probe it, and one does.
  fleet.advance(25_000);
  const times = probes.map(({ at }) => at);
  expect(times.length).toBeGreaterThan(2);
  expect(times.filter((at, i) => i > 0 && at - times[i - 1]! < 2900)).toEqual([]);
  console.log(`out: ${JSON.stringify(fleet.store.ops)} told in 25 s, ${times.length} probes`);

  isBad = false;
  fleet.advance(30_000);
  expect([...states()]).toEqual([live]);

  fleet.order(fleet.gateways[2]!, { do: "take-out", provider: "qwen", token: "t1" });
  fleet.advance(SOON);
  expect(states().size).toBe(1);
  expect([...states()]).not.toEqual([live]);
  // The first answer lacks the script, and a first call comes at the start.
  expect(fleet.store.calls).toBeLessThan(GATEWAYS * (fleet.clock.now / INTERVAL + 2));
  console.log(
    `${fleet.store.calls} calls in ${fleet.clock.now / 1000} s, with ${JSON.stringify(fleet.store.ops)} in them`,
  );
  expect(fleet.statusOf(fleet.gateways[1]!).fleets[0]).toMatchObject({ gateways: GATEWAYS });
}, 900_000);
