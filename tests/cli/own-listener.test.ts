import { hostname, networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { reaches } from "../../cli/config/own-listener.js";

const at = (host: string, port = 8080) => ({ host, port });
const external = Object.values(networkInterfaces())
  .flatMap(addresses => addresses ?? [])
  .filter(({ internal, family }) => !internal && family === "IPv4")
  .map(({ address }) => address);

it.each([
  ...["localhost", "LOCALHOST", "localhost.", "llm.localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001"],
  ...["::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:0001", "0.0.0.0", "0"],
])("%s leads to a listener on 127.0.0.1", host => {
  expect(reaches(at(host), at("127.0.0.1"))).toBe(true);
  expect(reaches(at(host, 8081), at("127.0.0.1"))).toBe(false);
});

it.each(["localhost", "::1", "0:0:0:0:0:0:0:1", "::0001", "::", "0::0"])("%s leads to a listener on [::1]", host => {
  expect(reaches(at(host), at("::1"))).toBe(true);
});

it.each(["127.0.0.2", "127.255.0.1", "::ffff:127.3.0.1", "::1", hostname(), hostname().toUpperCase(), ...external])(
  "%s leads to a listener on all addresses",
  host => {
    for (const all of ["0.0.0.0", "::", "0:0::0"]) expect(reaches(at(host), at(all))).toBe(true);
  },
);

it.each([
  ["127.0.0.2", "127.0.0.1"],
  ["127.0.0.1", "::1"],
  ["::2", "::1"],
  ["192.0.2.7", "0.0.0.0"],
  ["2001:db8::1", "::"],
  ["example.com", "0.0.0.0"],
  ["localhost.example.com", "0.0.0.0"],
  ["notlocalhost", "127.0.0.1"],
  ["", "127.0.0.1"],
])("%s does not lead to %s", (host, listen) => {
  expect(reaches(at(host), at(listen))).toBe(false);
});
