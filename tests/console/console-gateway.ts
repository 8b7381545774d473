import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningConsole } from "../../cli/console/console-server.js";
import { Gateway } from "../../cli/run/gateway.js";
import { startGatewayConsole } from "../../cli/run/gateway-console.js";

export interface ConsoleGateway {
  url: string;
  directory: string;
  file: string;
  gateway: Gateway;
  said: string[];
  stop(): Promise<void>;
}

/** A gateway with its console, as `npm start` makes them in an empty directory, on free ports. */
export async function startConsoleGateway(text: (ports: Ports) => string, isDefault: boolean): Promise<ConsoleGateway> {
  const directory = mkdtempSync(join(tmpdir(), "console-"));
  const before = process.cwd();
  process.chdir(directory);
  const file = "ai-failover.yaml";
  const [listen, admin, status] = await freePorts(3);
  writeFileSync(file, text({ listen: listen!, admin: admin!, status: status! }), { mode: 0o600 });
  const said: string[] = [];
  const gateway = await Gateway.start({
    ...(isDefault ? {} : { config: file }),
    wasm: join(before, "build/ai-failover.wasm"),
    env: { PATH: process.env.PATH, ENVOY: process.env.ENVOY },
    concurrency: 2,
    drain: 0,
    say: line => said.push(line),
  });
  gateway.watch();
  const pages = (await startGatewayConsole(gateway, "test", line => said.push(line))) as RunningConsole;
  return {
    ...{ url: pages.url, directory, file: join(directory, file), gateway, said },
    async stop() {
      await pages.close();
      await gateway.stop();
      process.chdir(before);
      rmSync(directory, { recursive: true });
    },
  };
}

export interface Ports {
  listen: number;
  admin: number;
  status: number;
}

/** The lines that every file of these tests begins with. */
export const portLines = ({ listen, admin, status }: Ports): string => `listen: 127.0.0.1:${listen}
admin: 127.0.0.1:${admin}
status: { listen: "127.0.0.1:${status}" }
console: { listen: "127.0.0.1:0" }
`;

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>(done => server.listen(0, "127.0.0.1", () => done(server)));
    }),
  );
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}
