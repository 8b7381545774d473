import { createServer } from "node:net";
import { addressText } from "../config/listen-address.js";
import type { Address, GatewayConfig } from "../config/config-types.js";
import { Refusal } from "../refusal.js";

/** An address as the user wrote it, with the field that it came from. */
export type Listens = [field: string, address: Address][];

/**
 * Refuses to start where something else listens: several Envoys would share a port without a word.
 * @param placeOf the file, or the option ("--listen"), that a field's address comes from
 */
export async function checkFree(listens: Listens, placeOf: (field: string) => string): Promise<void> {
  const taken: string[] = [];
  for (const [field, address] of listens) {
    const code = await tryToListen(address);
    if (code !== undefined) taken.push(sentence(code, field, address, placeOf(field)));
  }
  if (taken.length > 0) throw new Refusal(taken.join("\n"));
}

/** Where a gateway listens. */
export const listensOf = ({ listen, admin, status }: GatewayConfig): Listens => [
  ["listen", listen],
  ...(admin === undefined ? [] : [["admin", admin] satisfies Listens[number]]),
  ...(status.enabled ? [["status.listen", status.listen] satisfies Listens[number]] : []),
];

function sentence(code: string, field: string, address: Address, place: string): string {
  const { port } = address;
  const listener = `${addressText(address)} (${field})`;
  const next = addressText({ ...address, port: port < 1024 ? port + 8000 : port + 1 });
  const [name, member] = field.split(".");
  const other = place.startsWith("--")
    ? `give ${place} ${next}`
    : `set "${name}: ${member === undefined ? next : `{${member}: "${next}"}`}" in ${place}`;
  switch (code) {
    case "EADDRINUSE":
      return `${listener} is taken by another program: stop it, or ${other}.`;
    case "EACCES":
      return `${listener} may not be opened by this user: ${other}.`;
    default:
      return `${listener} cannot be opened (${code}): give ${field} in ${place} an address of this machine.`;
  }
}

function tryToListen({ host, port }: Address): Promise<string | undefined> {
  return new Promise(done => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}
