/** What every client shows that can be installed here: as docs/clients.md says. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../envoy/running-gateway.js";
import { documented, showAll, startScenarios } from "./client-scenarios.js";
import { installedClients } from "./installed-clients.js";

const clients = Object.entries(await installedClients());

describe("what real clients show", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startScenarios();
  });
  afterAll(() => gateway.stop());

  it.each(clients)("%s", async (name, ask) => {
    const cells = await showAll(gateway, ask);
    expect(await documented(name, cells)).toEqual(cells);
  });
});
