/** What a person sees whose program uses an official client for Node: as docs/clients.md says. The others: `npm run test:clients`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { showAll, startScenarios } from "../clients/client-scenarios.js";
import { documented } from "../clients/clients-page.js";
import { NODE_CLIENTS } from "../clients/node-clients.js";
import { HOSTS, type Gateway } from "./running-gateway.js";

describe.each(HOSTS)(
  "what the official clients for Node show in $mode mode, on Envoy $version",
  ({ mode, version }) => {
    let gateway: Gateway;
    beforeAll(async () => {
      gateway = await startScenarios({ mode, version });
    });
    afterAll(() => gateway.stop());

    it.each(Object.entries(NODE_CLIENTS))("%s", async (name, ask) => {
      const cells = await showAll(gateway, ask);
      expect(await documented(name, cells, mode)).toEqual(cells);
    });
  },
);
