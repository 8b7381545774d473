import { createServer } from "node:net";
import type { Address } from "../config/types.js";
import { Refusal } from "../refusal.js";

/** An address as the user wrote it, with the field that it came from. */
export type Listens = [field: string, address: Address][];

/** Refuses to start where something else listens: several Envoys would share a port without a word. */
export async function checkFree(listens: Listens, file: string): Promise<void> {
  const taken: string[] = [];
  for (const [field, address] of listens) {
    const code = await tryToListen(address);
    if (code !== undefined) taken.push(sentence(code, field, address, file));
  }
  if (taken.length > 0) throw new Refusal(taken.join("\n"));
}

export const addressText = ({ host, port }: Address): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

function sentence(code: string, field: string, address: Address, file: string): string {
  const { port } = address;
  const place = `${addressText(address)} (${field})`;
  const next = addressText({ ...address, port: port < 1024 ? port + 8000 : port + 1 });
  const [name, member] = field.split(".");
  const other = `set "${name}: ${member === undefined ? next : `{${member}: "${next}"}`}" in ${file}`;
  switch (code) {
    case "EADDRINUSE":
      return `${place} is taken by another program: stop it, or ${other}.`;
    case "EACCES":
      return `${place} may not be opened by this user: ${other}.`;
    default:
      return `${place} cannot be opened (${code}): give ${field} in ${file} an address of this machine.`;
  }
}

function tryToListen({ host, port }: Address): Promise<string | undefined> {
  return new Promise(done => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}
