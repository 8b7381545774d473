/** Bad days of the Envoy that `run` started, played by a script in its place. */
import { createServer, type Server } from "node:http";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Address } from "../../cli/config/config-types.js";
import { EnvoyProcess } from "../../cli/run/envoy-process.js";
import { until } from "../envoy/running-gateway.js";

let directory: string;
let binary: string;
/** Envoy's admin interface and its listener at once, as far as they are asked. */
let server: Server;
let address: Address;
let calls: number;
let asked: string[];
const said: string[] = [];
let gaveUp: string | undefined;
let envoy: EnvoyProcess;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "envoy-process-"));
  binary = join(directory, "envoy");
  calls = 0;
  asked = [];
  said.length = 0;
  gaveUp = undefined;
  server = createServer(({ url, method }, response) => {
    asked.push(`${method} ${url}`);
    response.end(url === "/ready" ? "LIVE\n" : `http.ai_failover.downstream_rq_active: ${calls}\n`);
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  address = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
});
afterEach(async () => {
  await envoy.stop();
  server.closeAllConnections();
  server.close();
});

/** `STARTS` is the number of this start. */
function play(script: string): EnvoyProcess {
  writeFileSync(
    binary,
    `#!/bin/sh\necho x >> "${directory}/starts"\nSTARTS=$(wc -l < "${directory}/starts")\n${script}\n`,
  );
  chmodSync(binary, 0o755);
  return (envoy = new EnvoyProcess({
    ...{ binary, configFile: "c", directory, logFile: join(directory, "log"), listen: address, admin: address },
    ...{ drainTime: 1, env: process.env, say: line => void said.push(line) },
    gaveUp: reason => void (gaveUp = reason.message),
  }));
}
const starts = () => {
  const file = join(directory, "starts");
  return existsSync(file) ? readFileSync(file, "utf8").length / 2 : 0;
};

describe("an Envoy that does not start", () => {
  it("is told with how it ended, also when it said nothing", async () => {
    server.close();
    await expect(play("exit 7").start()).rejects.toThrow(
      `Envoy did not start (exit code 7); see ${join(directory, "log")}.`,
    );
    await expect(play("kill -9 $$").start()).rejects.toThrow("Envoy did not start (SIGKILL); see");
  });

  it("is told with its last words, which come after its end", async () => {
    server.close();
    await expect(play("(sleep 0.2; echo why >&2) & exit 1").start()).rejects.toThrow(
      "Envoy did not start (exit code 1):\nwhy",
    );
  });
});

describe("an Envoy that dies", () => {
  it("is started once more when the first start after its death fails", async () => {
    play('[ "$STARTS" = 1 ] && { sleep 0.5; exit 1; }\n[ "$STARTS" = 2 ] && exit 3\nexec sleep 100');
    await envoy.start();
    // The second one must be seen to fail: nobody answers in its place.
    await until(() => starts() === 1);
    server.close();
    server.closeAllConnections();
    await until(() => starts() === 3);
    expect(said[0]).toMatch(/^Envoy ended \(exit code 1\) and is started again/);
    expect(said[1]).toMatch(/^Envoy did not start \(exit code 3\); see .* and is started again/);
    expect(gaveUp).toBeUndefined();
  });

  it("is given up in the end", async () => {
    play("sleep 0.1; exit 1");
    await envoy.start();
    server.close();
    server.closeAllConnections();
    await until(() => gaveUp !== undefined, 20_000);
    expect(gaveUp).toMatch(/ended 6 times within a minute: see .*log/);
  });
});

describe("a stop ends", () => {
  it("when Envoy ends during the drain: systemd stops both at once", async () => {
    play("exec sleep 100");
    await envoy.start();
    calls = 1;
    const stopped = envoy.stop({ minimum: 0, limit: 60_000 });
    await until(() => asked.some(path => path.includes("drain_listeners")));
    process.kill(envoy.pid!, "SIGTERM");
    await stopped;
    expect(said).toEqual([expect.stringMatching(/^Ending: 1 call/)]);
  });

  it("when Envoy has ended before", async () => {
    play("exec sleep 0.3");
    await envoy.start();
    await until(() => said.length > 0);
    await envoy.stop({ minimum: 0, limit: 60_000 });
    expect(existsSync(join(directory, "log"))).toBe(true);
  });
});
