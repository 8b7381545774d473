/** Whether a provider's address is this gateway's own listener, by whatever name: every request would go in a circle. */
import { readFileSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { Address } from "./config-types.js";

/** Whether a connection to `target` from this machine arrives at a listener of this address. */
export function reaches(target: Address, listen: Address): boolean {
  if (target.port !== listen.port) return false;
  const bound = plainAddress(listen.host);
  return addressesOf(target.host).some(host => {
    if (host === bound) return true;
    // Linux connects what asks for "any" to the loopback of its family.
    if (isUnspecified(host)) return isUnspecified(bound) || bound === (host === "::" ? "::1" : "127.0.0.1");
    return isUnspecified(bound) && isOfThisMachine(host);
  });
}

/** What a name means without asking anybody: `localhost`, this machine's own name, and what its hosts file says. */
function addressesOf(host: string): string[] {
  const name = host.toLowerCase().replace(/\.$/, "");
  const address = plainAddress(name);
  if (isIP(address) !== 0) return [address];
  if (name === "localhost" || name.endsWith(".localhost")) return ["127.0.0.1", "::1"];
  const named = hostsFile().filter(({ names }) => names.includes(name));
  if (named.length > 0) return named.map(({ address }) => plainAddress(address));
  return name === hostname().toLowerCase() ? interfaceAddresses() : [];
}

/** One way to write each address: `::ffff:127.0.0.1`, `0:0::1`, `127.1` and `0x7f000001` are others. */
function plainAddress(host: string): string {
  const bare = host.replace(/%.*$/, "");
  const url = `http://${bare.includes(":") ? `[${bare}]` : bare}`;
  if (!URL.canParse(url)) return bare;
  const plain = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(plain);
  if (!mapped) return plain;
  const [high, low] = [mapped[1]!, mapped[2]!].map(hex => parseInt(hex, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

const isUnspecified = (host: string): boolean => host === "0.0.0.0" || host === "::";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isOfThisMachine(host: string): boolean {
  return loopback.check(host, isIP(host) === 6 ? "ipv6" : "ipv4") || interfaceAddresses().includes(host);
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(addresses =>
    (addresses ?? []).map(({ address }) => plainAddress(address)),
  );
}

function hostsFile(): { address: string; names: string[] }[] {
  let text: string;
  try {
    text = readFileSync("/etc/hosts", "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap(line => {
    const [address, ...names] = line.replace(/#.*/, "").trim().toLowerCase().split(/\s+/);
    return address ? [{ address, names }] : [];
  });
}
