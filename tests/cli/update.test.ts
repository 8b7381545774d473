import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Address } from "../../cli/config/config-types.js";
import type { RunDirectory } from "../../cli/run/run-files.js";
import { update } from "../../cli/run/update.js";
import { until } from "../envoy/running-gateway.js";

/** Envoy's admin interface, as far as an update asks it, and the directory that Envoy watches. */
let server: Server;
let admin: Address;
let stats: Record<string, number>;
/** What Envoy does when a file is moved in. */
let takes: (name: string) => void;
const moved: string[] = [];

const directory = {
  put(name: string) {
    moved.push(name);
    if (name !== "envoy.yaml") takes(name);
    return true;
  },
} as unknown as RunDirectory;
const files = { "envoy.yaml": "", "cds.yaml": "", "lds.yaml": "" };

const CDS = "cluster_manager.cds.update";
const LDS = "listener_manager.lds.update";

beforeEach(async () => {
  moved.length = 0;
  stats = { "cluster_manager.warming_clusters": 0 };
  takes = name => (stats[`${name === "cds.yaml" ? CDS : LDS}_success`] = 1);
  server = createServer(({ url }, response) => {
    const filter = new RegExp(new URL(url!, "http://x").searchParams.get("filter")!);
    const lines = Object.entries(stats).filter(([name]) => filter.test(name));
    response.end(lines.map(([name, value]) => `${name}: ${value}\n`).join(""));
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  admin = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
});
afterEach(() => void server.close());

describe("an update", () => {
  it("moves the listener in when the clusters that it names can be called", async () => {
    takes = name => {
      stats[`${name === "cds.yaml" ? CDS : LDS}_success`] = 1;
      if (name === "cds.yaml") stats["cluster_manager.warming_clusters"] = 1;
    };
    const updated = update(directory, files, admin);
    await until(() => moved.includes("cds.yaml"));
    await sleep(300);
    expect(moved).toEqual(["envoy.yaml", "cds.yaml"]);
    stats["cluster_manager.warming_clusters"] = 0;
    expect(await updated).toBe("taken");
    expect(moved).toEqual(["envoy.yaml", "cds.yaml", "lds.yaml"]);
  });

  it("leaves the listener alone when Envoy refuses the clusters", async () => {
    takes = () => (stats[`${CDS}_rejected`] = 1);
    expect(await update(directory, files, admin)).toBe("refused");
    expect(moved).not.toContain("lds.yaml");
  });

  it("says when Envoy refuses the listener", async () => {
    takes = name => (stats[name === "cds.yaml" ? `${CDS}_success` : `${LDS}_rejected`] = 1);
    expect(await update(directory, files, admin)).toBe("refused");
  });
});
