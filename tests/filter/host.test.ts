import { describe, expect, test } from "vitest";
import { startEnvoy, type Behaviour } from "../host/proxy-host.js";
import { ask, module, ok, said, start } from "./puppet-host.js";

describe("a request", () => {
  test("passes through a module that does nothing", () => {
    const envoy = start("");
    expect(envoy.ask(ask)).toMatchObject({ status: 200, text: "hello", ended: "complete", details: "via_upstream" });
    expect(envoy.provider("a").seen[0]).toMatchObject({ path: "/v1/chat/completions", body: '{"model":"m"}' });
  });

  test("meets both roles in the order of Envoy, the attempt's end before the answer's", () => {
    const all = [
      ...["request_headers", "request_body", "request_trailers", "response_headers", "response_body", "log"],
      ...["done", "delete"],
    ];
    const lines = all.map(name => `${name}: return 0`);
    const first = "request_headers: setproperty ai_failover_cluster a";
    const envoy = start([first, ...lines.slice(1)].join("\n"), lines.join("\n"));
    envoy.ask(ask);
    expect(said(envoy).filter(line => !line.startsWith("setproperty"))).toEqual([
      ...["request_headers end=0", "request_headers end=0", "request_body 13 end=0", "request_body 13 end=0"],
      ...["request_body 0 end=1", "request_body 0 end=1"],
      ...["response_headers end=0", "response_headers end=0", "response_body 5 end=0", "response_body 5 end=0"],
      ...["response_body 0 end=1", "done", "delete", "response_body 0 end=1", "log", "done", "delete"],
    ]);
  });

  test("ends as a 503 without a body where filter state names no cluster", () => {
    const envoy = start("request_headers: return 0");
    expect(envoy.ask(ask)).toMatchObject({ status: 503, text: "", details: "cluster_not_found" });
  });

  test.each([
    [
      "the whole body in one callback",
      "return 1",
      ["request_body 2 end=0", "request_body 4 end=0", "request_body 4 end=1"],
    ],
    ["each chunk alone", "return 2", ["request_body 2 end=0", "request_body 2 end=0", "request_body 0 end=1"]],
  ])("shows %s when a body callback answers %s", (_, command, lines) => {
    const envoy = start(
      `request_headers: setproperty ai_failover_cluster a | return 1\nrequest_body: more? ${command}`,
    );
    expect(envoy.ask({ body: ["ab", "cd"] }).status).toBe(200);
    expect(said(envoy).filter(line => line.startsWith("request_body"))).toEqual(lines);
    expect(envoy.provider("a").seen[0]!.body).toBe("abcd");
  });

  test("loses what a body callback answers with StopNoBuffer", () => {
    const envoy = start("request_headers: setproperty ai_failover_cluster a | return 1\nrequest_body: more? return 3");
    envoy.ask({ body: ["ab", "cd"], endsWithLast: true });
    expect(envoy.provider("a").seen[0]!.body).toBe("cd");
  });

  test("is refused with 413 where a buffered body outgrows Envoy's limit", () => {
    const envoy = start("request_headers: return 1\nrequest_body: return 1", undefined, { bufferLimit: 3 });
    expect(envoy.ask({ body: ["ab", "cd"] })).toMatchObject({ status: 413, details: "request_payload_too_large" });
  });

  test("keeps its edge headers, and loses a stranger's x-envoy-*", () => {
    const envoy = start("");
    envoy.ask({ ...ask, headers: { "x-envoy-max-retries": "7", "x-own": "1" } });
    const { headers } = envoy.provider("a").seen[0]!;
    expect(headers).toMatchObject({ "x-own": "1", "x-forwarded-proto": "http", "x-forwarded-for": "203.0.113.7" });
    expect(headers).not.toHaveProperty("x-envoy-max-retries");
  });
});

describe("an answer", () => {
  test("is held by 1 while body callbacks go on, and by 4 without them", () => {
    const held = start("response_headers: return 1\nresponse_body: more? return 2");
    expect(held.ask(ask).chunks).toEqual([{ at: 0, text: "hello" }]);
    const stopped = start("response_headers: return 4\nresponse_body: return 0");
    const call = stopped.call(ask);
    stopped.advance(1000);
    expect(call.status).toBe(0);
    expect(said(stopped)).not.toContain("response_body 5 end=0");
  });

  test("goes on from another callback, through the body callback where everything was stopped", () => {
    const envoy = start(
      "request_headers: setproperty ai_failover_cluster a | tick 100\nresponse_headers: return 4\nresponse_body: setbody 1 changed\ntick: effective 0 | continue 1 | tick 0",
    );
    expect(envoy.ask(ask)).toMatchObject({ status: 200, text: "changed", ms: 100 });
  });

  test("that is already answered through the module is given past it", () => {
    const envoy = start("response_headers: reply 418 mine x-own=1\nlog: property response.code_details");
    expect(envoy.ask(ask)).toMatchObject({ status: 418, text: "mine", headers: { "x-own": "1" }, details: "puppet" });
    expect(said(envoy)).toContain("property response.code_details -> 0 puppet");
  });

  test("of the request phase comes through the module's own answer callbacks", () => {
    const envoy = start("request_headers: reply 401 no\nresponse_headers: header 2 :status\nresponse_body: body 1");
    expect(envoy.ask(ask)).toMatchObject({ status: 401, text: "no" });
    expect(said(envoy)).toEqual([
      ...["request_headers end=0", "reply 401 no -> 0"],
      ...["response_headers end=0", "header 2 :status -> 0 401", "response_body 2 end=1", "body 1 -> 0 no"],
    ]);
    expect(envoy.provider("a").seen).toEqual([]);
  });

  test("that breaks off after its headers is a broken transfer", () => {
    const envoy = start("");
    envoy.setProvider("a", { body: ["one", 50], end: "cut" });
    expect(envoy.ask(ask)).toMatchObject({ status: 200, text: "one", ended: "reset", ms: 50 });
  });
});

describe("a retry", () => {
  const answerCodes: [string, Behaviour, object][] = [
    ["status with the retry header", { status: 401, headers: { "x-fail": "1" } }, {}],
    ["reset", "reset", {}],
    ["refused connection", "refused", {}],
    ["failed handshake", "tls", {}],
    ["connection that does not come", { fault: "connect-timeout", wait: 300 }, {}],
    ["silence until the per-try limit", "silence", { "x-envoy-upstream-rq-per-try-timeout-ms": "250" }],
  ];
  test.each(answerCodes)("follows a %s, on the cluster that filter state names then", (_, behaviour, limits) => {
    const set = Object.entries(limits).map(([name, value]) => ` | set 0 ${name} ${value}`);
    const envoy = startEnvoy({
      module,
      gateway: `request_headers: setproperty ai_failover_cluster a | set 0 x-envoy-max-retries 1${set.join("")}`,
      attempt:
        "request_headers: property xds.cluster_name | setproperty ai_failover_cluster b\nresponse_headers: end? set 2 x-ai-failover-retry 1",
      clusters: { a: behaviour, b: ok },
    });
    expect(envoy.ask(ask)).toMatchObject({ status: 200, text: "hello" });
    const lines = said(envoy).filter(line => line.startsWith("property"));
    expect(lines).toEqual(["property xds.cluster_name -> 0 a", "property xds.cluster_name -> 0 b"]);
  });

  test("keeps the cluster before it where none matches", () => {
    const envoy = startEnvoy({
      module,
      gateway: "request_headers: setproperty ai_failover_cluster a | set 0 x-envoy-max-retries 1",
      attempt: "request_headers: setproperty ai_failover_cluster nowhere",
      clusters: { a: ["reset", ok] },
    });
    expect(envoy.ask(ask).status).toBe(200);
    expect(envoy.provider("a").seen).toHaveLength(2);
  });

  const exhausted: [Behaviour, number, string][] = [
    ["reset", 503, "upstream_reset_before_response_started{connection_termination}"],
    ["silence", 504, "upstream_per_try_timeout"],
    [{ fault: "connect-timeout", wait: 10 }, 503, "upstream_reset_before_response_started{connection_timeout}"],
  ];
  test.each(exhausted)("that also fails by %o is told by Envoy as %i %s", (behaviour, status, details) => {
    const limit = "set 0 x-envoy-upstream-rq-per-try-timeout-ms 100";
    const envoy = start(
      `request_headers: setproperty ai_failover_cluster a | set 0 x-envoy-max-retries 1 | ${limit}`,
      "",
    );
    envoy.setProvider("a", behaviour);
    expect(envoy.ask(ask)).toMatchObject({ status, details, flags: expect.any(BigInt) });
    expect(envoy.ask(ask).flags & 0x8000n).toBe(0x8000n);
  });

  test("is not made for an answer that Envoy reads as rate-limited, nor after an interim one", () => {
    const attempt = "response_headers: end? set 2 x-ai-failover-retry 1";
    const gateway = "request_headers: setproperty ai_failover_cluster a | set 0 x-envoy-max-retries 3";
    const limited = start(gateway, attempt);
    limited.setProvider("a", { status: 429, headers: { "x-envoy-ratelimited": "true" } });
    expect(limited.ask(ask).status).toBe(429);
    const interim = start(gateway, attempt);
    interim.setProvider("a", { status: 401, interim: [103] });
    expect(interim.ask(ask).status).toBe(401);
    expect(interim.provider("a").seen).toHaveLength(1);
  });

  test("of a held answer can be forced by the clock", () => {
    const envoy = start(
      "request_headers: setproperty ai_failover_cluster a | set 0 x-envoy-max-retries 1 | tick 100\ntick: effective 1 | set 2 x-ai-failover-retry 1 | continue 1 | tick 0",
      "response_headers: more? return 1\nresponse_body: end? return 0",
    );
    envoy.setProvider("a", [{ headers: { "x-held": "1" }, body: [60_000, "late"] }, ok]);
    expect(envoy.ask(ask)).toMatchObject({ status: 200, text: "hello", ms: 101 });
    expect(envoy.provider("a").seen[0]!.aborted).toBe(true);
  });

  test("is over when the total limit passes, also in a back-off", () => {
    const envoy = start(
      "request_headers: setproperty ai_failover_cluster a | set 0 x-envoy-upstream-rq-timeout-ms 700",
      "",
    );
    envoy.setProvider("a", "silence");
    expect(envoy.ask(ask)).toMatchObject({ status: 504, ms: 700, details: "response_timeout" });
  });
});

describe("a client that leaves", () => {
  test("ends the gateway's stream first, and then the attempt's", () => {
    const envoy = start(
      "request_headers: setproperty ai_failover_cluster a\nlog: property response.flags n\ndone: return 1",
      "delete: return 0",
    );
    envoy.setProvider("a", "silence");
    const call = envoy.call({ ...ask, leaveAfter: 50 });
    envoy.advance(100);
    expect(call).toMatchObject({ ended: "left", status: 0, ms: 50 });
    expect(said(envoy).slice(-4)).toEqual(["log", "property response.flags n -> 0 16384", "done", "delete"]);
    expect(envoy.provider("a").seen[0]!.aborted).toBe(true);
  });
});
