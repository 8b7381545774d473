import { describe, expect, test } from "vitest";
import { HostViolation, type Behaviour } from "../host/proxy-host.js";
import { ask, ok, said, start } from "./puppet-host.js";

describe("a callout", () => {
  const hold = (command: string, then: string) =>
    `request_headers: setproperty ai_failover_cluster a\nresponse_headers: ${command} | return 4\ncallout: ${then}`;

  test("answers a held stream from its root's callback", () => {
    const envoy = start(hold("call b 1000 question", "header 6 :status | body 4 | effective 0 | reply 203 rescued"));
    expect(envoy.ask(ask)).toMatchObject({ status: 203, text: "rescued" });
    expect(said(envoy).slice(-5)).toEqual([
      ...["callout 1 2 5", "header 6 :status -> 0 200", "body 4 -> 0 hello", "effective 0 -> 0"],
      "reply 203 rescued -> 0",
    ]);
    expect(envoy.provider("b").seen[0]).toMatchObject({ by: "callout", body: "question", authority: "b" });
    expect(envoy.provider("b").seen[0]!.headers).toMatchObject({ "x-envoy-internal": "true" });
  });

  const ends: [string, Behaviour, string[]][] = [
    ["refused", "refused", ["header 6 :status -> 0 503"]],
    ["reset", "reset", ["header 6 :status -> 0 503"]],
    ["silent", "silence", ["header 6 :status -> 0 504", "body 4 -> 0 upstream request timeout"]],
  ];
  test.each(ends)("that is %s ends with Envoy's own answer", (_, behaviour, lines) => {
    const envoy = start(hold("call b 500", "header 6 :status | body 4 | effective 0 | reply 503"));
    envoy.setProvider("b", behaviour);
    envoy.ask(ask);
    expect(said(envoy)).toEqual(expect.arrayContaining(lines));
  });

  test("that is cut in its body ends without headers", () => {
    const envoy = start(hold("call b 500", "effective 0 | reply 502"));
    envoy.setProvider("b", { body: "half", end: "cut" });
    expect(envoy.ask(ask).status).toBe(502);
    expect(said(envoy)).toContain("callout 1 0 0");
  });

  test("to an unknown cluster, or one without a host, fails at the call", () => {
    const envoy = start("response_headers: call nowhere 500 | call b 500");
    envoy.provider("b").healthy = false;
    envoy.ask(ask);
    expect(said(envoy)).toEqual(expect.arrayContaining(["call nowhere 500 -> 2", "call b 500 -> 10"]));
    envoy.advance(1000);
    expect(said(envoy).filter(line => line.startsWith("callout"))).toEqual([]);
  });

  test("comes back although its client has gone", () => {
    const envoy = start(hold("call b 500", "effective 0"));
    envoy.setProvider("b", { ...(ok as object), wait: 200 });
    expect(envoy.ask({ ...ask, leaveAfter: 100 }).ended).toBe("left");
    envoy.advance(1000);
    expect(said(envoy)).toContain("effective 0 -> 2");
  });
});

describe("what only a faulty module does throws", () => {
  const faults: [string, string][] = [
    ["reads request headers in the response phase", "response_headers: header 0 :path"],
    ["reads response headers in the request phase", "request_headers: header 2 :status"],
    ["reads a body outside of its callback", "response_headers: body 0"],
    ["goes on where nothing is stopped", "response_headers: continue 0"],
    ["goes on from a callback of the same direction", "request_headers: continue 0 | return 1"],
    ["answers twice", "request_headers: reply 400 | reply 401"],
    ["sets a header that the host sets", "request_headers: reply 400 x :status=200"],
    ["answers where there is no stream", "configure: reply 500"],
    ["decrements a counter", "request_headers: count c -1"],
    [
      "tells a provider the wrong length",
      "request_headers: setproperty ai_failover_cluster a | set 0 content-length 1",
    ],
    ["tells a client the wrong length", "response_headers: set 2 content-length 1"],
  ];
  test.each(faults)("when it %s", (_, script) => {
    expect(() => start(script).ask(ask)).toThrow(HostViolation);
  });
});

describe("virtual machines", () => {
  const remember = "request_headers: share k v 0\nlog: shared k | count requests 1";

  test("share data and metrics, by their vm_id", () => {
    const envoy = start(remember, undefined, { workers: 2 });
    envoy.ask({ ...ask, worker: 0 });
    envoy.ask({ ...ask, worker: 1 });
    expect(said(envoy).filter(line => line.startsWith("shared"))).toEqual(["shared k -> 0 v", "shared k -> 0 v"]);
    expect(envoy.metric("requests")).toBe(2);
    expect(envoy.process.shared.get("another", "k")).toBeUndefined();
  });

  test("create a key whatever version is named, and keep it against an old one", () => {
    const envoy = start("request_headers: share k v 77 | share k w 77 | shared k");
    envoy.ask(ask);
    expect(said(envoy)).toEqual(expect.arrayContaining(["share k v 77 -> 0", "share k w 77 -> 8", "shared k -> 0 v"]));
  });

  test("tick in each thread, with the period that was set last", () => {
    const envoy = start("configure: tick 100\ntick: clock 1", undefined, { workers: 2 });
    envoy.advance(250);
    expect(said(envoy).filter(line => line === "tick")).toHaveLength(6);
    expect(envoy.process.logs.map(({ thread }) => thread)).toContain("main");
  });

  test("that trap lose their streams, and are loaded again after the back-off", () => {
    const envoy = start("request_headers: setproperty ai_failover_cluster a\nlog: trap");
    envoy.setProvider("a", { body: ["one", 100, "two"] });
    const other = envoy.call(ask);
    envoy.advance(50);
    envoy.workers[0]!.vm.injectTrap("proxy_on_request_headers");
    expect(envoy.ask(ask)).toMatchObject({ status: 503, details: "wasm_fail_stream" });
    expect(envoy.ask(ask).status).toBe(503);
    expect(envoy.finish(other)).toMatchObject({ status: 200, ended: "reset" });
    expect(envoy.process.traps).toMatchObject([{ thread: "worker 0", callback: "proxy_on_request_headers" }]);
    envoy.advance(20);
    expect(envoy.ask(ask).status).toBe(200);
  });

  test("that trap by themselves are reported with the reason", () => {
    const envoy = start("request_headers: trap");
    expect(envoy.ask(ask).status).toBe(503);
    expect(envoy.process.traps).toMatchObject([{ reason: expect.stringContaining("unreachable") }]);
  });

  test("get new roots by an update, and give the old ones up after their last stream", () => {
    const envoy = start("delete: clock 0");
    envoy.setProvider("a", { body: ["one", 100, "two"] });
    const old = envoy.call(ask);
    expect(envoy.update({ gateway: "request_headers: reply 204" })).toBe(true);
    expect(envoy.ask(ask).status).toBe(204);
    expect(envoy.workers[0]!.vm.contexts.size).toBe(3);
    expect(envoy.finish(old)).toMatchObject({ status: 200, text: "onetwo" });
    expect(envoy.workers[0]!.vm.contexts.size).toBe(1);
  });

  test("keep the old configuration where the new one is refused", () => {
    const envoy = start("");
    expect(envoy.update({ gateway: "configure: return 0" })).toBe(false);
    expect(envoy.ask(ask).status).toBe(200);
    expect(() => start("configure: return 0")).toThrow("refused");
  });

  test("see their environment, and clocks that differ", () => {
    const environment = { KEY: "sk-1", OTHER: "2" };
    const envoy = start("configure: environment | clock 0 | clock 1", undefined, { environment });
    expect(said(envoy).slice(0, 4)).toEqual([
      ...["configure", "environment -> KEY=sk-1,OTHER=2", `clock 0 -> ${Date.UTC(2026, 0, 1)}`, "clock 1 -> 1000000"],
    ]);
  });

  test("of Higress take its marker, its property names and held headers as they are", () => {
    const script = "request_headers: property cluster_name | property route_name | return 1\nrequest_body: body 0";
    const route = { cluster: "outbound|443||llm-a.internal.dns", name: "ingress" };
    const higress = start(script, undefined, { flavour: "higress", allowStopIteration: false, route });
    higress.setProvider(route.cluster, ok);
    expect(higress.ask(ask).status).toBe(200);
    expect(said(higress)).toContain(`property cluster_name -> 0 ${route.cluster}`);
    const stock = start(script, undefined, { allowStopIteration: false, route });
    expect(() => stock.ask(ask)).toThrow("hangs");
    expect(said(stock)).toContain("property cluster_name -> 1");
  });
});
