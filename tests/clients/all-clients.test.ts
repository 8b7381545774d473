/** What every client shows that can be installed here: as docs/clients.md says. Those for Node: tests/envoy/client-libraries.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, type Gateway } from "../envoy/running-gateway.js";
import { showAll, startScenarios } from "./client-scenarios.js";
import { documented } from "./clients-page.js";
import { NODE_CLIENTS } from "./node-clients.js";
import { OTHER_CLIENTS } from "./other-clients.js";

const others = Object.entries(OTHER_CLIENTS);
const ready = Object.entries(NODE_CLIENTS).map(([name, ask]) => [name, () => Promise.resolve(ask)] as const);

describe.each(HOSTS)("what real clients show in $mode mode, on Envoy $version", ({ mode, version }) => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startScenarios({ mode, version });
  });
  afterAll(() => gateway.stop());

  it.for([...ready, ...others])("%s", async ([name, install], { skip }) => {
    const ask = await install().catch((error: unknown) => error as Error);
    if (ask instanceof Error) return skip(`${name} is left out, as it does not install here: ${reason(ask)}`);
    const cells = await showAll(gateway, ask);
    expect(await documented(name, cells, mode)).toEqual(cells);
  });
});

/** Of what an installer says, the first line that calls itself an error. */
const reason = ({ message }: Error) => message.split("\n").find(line => /\berror\b/i.test(line)) ?? message;
