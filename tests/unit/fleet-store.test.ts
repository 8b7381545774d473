import { createHash } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { scriptOf } from "../envoy/store-server.js";
import { FleetRoom } from "./fleet-room.js";

let room: FleetRoom;
beforeAll(async () => {
  room = await FleetRoom.start();
});
beforeEach(() => room.fleet(1n));

describe("Redis's protocol", () => {
  it.each<[string, unknown]>([
    ["+OK\r\n", ["OK"]],
    ["-ERR no\r\n", [{ error: "ERR no" }]],
    [":-42\r\n", [-42]],
    ["$5\r\nab\r\nc\r\n", ["ab\r\nc"]],
    ["$0\r\n\r\n", [""]],
    ["$-1\r\n*-1\r\n", [null, null]],
    ["*2\r\n:1\r\n*1\r\n$1\r\na\r\n", [[1, ["a"]]]],
    ["*0\r\n", [[]]],
  ])("reads %j", (text, items) => {
    expect(room.read(text)).toEqual(items);
    expect(room.skips(text)).toBe(true);
  });

  it.each([
    ["a cut line", "+OK\r"],
    ["no type", "OK\r\n"],
    ["a text that is longer than what is there", "$6\r\nabc\r\n"],
    ["a length of 2^63", "$9223372036854775807\r\nabc\r\n"],
    ["a length that wraps", "$4294967290\r\nabc\r\n"],
    ["a text without its end", "$3\r\nabcde\r\n"],
    ["a number that is none", ":1x\r\n"],
    ["an empty number", ":\r\n"],
    ["a cut array", "*2\r\n:1\r\n"],
    ["an array that is too long", `*5000\r\n${":1\r\n".repeat(5000)}`],
    ["arrays that are too deep", `${"*1\r\n".repeat(1000)}:1\r\n`],
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["a line that is too long", `+${"a".repeat(3000)}\r\n`],
  ])("refuses %s", (_what, text) => {
    expect(room.skips(text)).toBe(false);
  });

  it("writes commands", () => {
    expect(room.command("GET", -7n)).toBe("*2\r\n$3\r\nGET\r\n$2\r\n-7\r\n");
    expect(room.command("ä", 0n)).toBe(Buffer.from("*2\r\n$2\r\nä\r\n$1\r\n0\r\n").toString("latin1"));
  });
});

describe("an id", () => {
  it("is read back by the same fleet, and says nothing to another", () => {
    const id = room.id(1n, 2n, 3n);
    expect(id).toMatch(/^[0-9a-f]{48}$/);
    expect(room.parts(id)).toEqual([1n, 2n, 3n]);
    room.fleet(9n);
    expect(room.parts(id)).not.toEqual([1n, 2n, 3n]);
  });

  it("does not show that two providers have one token, or one model", () => {
    const [one, other] = [room.id(1n, 2n, 3n), room.id(4n, 2n, 3n)];
    expect(one.slice(16, 32)).not.toBe(other.slice(16, 32));
    expect(one.slice(32)).not.toBe(other.slice(32));
  });

  it.each(["", "0".repeat(47), "0".repeat(49), "G".repeat(48), "A".repeat(48)])("is not %j", text => {
    expect(room.parts(text)).toEqual([0n, 0n, 0n]);
  });
});

describe("an entry in the store", () => {
  const NOW = 1_800_000_000_000;
  const opened = () => {
    const id = room.id(1n, 2n, 3n);
    return { id, payload: room.payload(id, { op: "O", sent: NOW, lasts: 30_000, flags: 1 }) };
  };

  it("says what its sender said", () => {
    const { id, payload } = opened();
    expect(room.entry(id, `5 ${NOW + 30_000} 0 ${payload}`, NOW)).toEqual({
      ...{ op: "O", version: 5, until: NOW + 30_000, rank: 0, cause: 1, opened: 2, flags: 1, gateway: 7 },
    });
  });

  it("may say more in a later version", () => {
    const { id, payload } = opened();
    expect(room.entry(id, `5 ${NOW + 30_000} 0 ${payload} more words`, NOW)).toBeDefined();
  });

  it("of a format that is not known here is passed over, and is no stranger's", () => {
    const id = room.id(1n, 2n, 3n);
    expect(room.isNewer(id, `5 ${NOW + 30_000} 0 2 whatever it says`, NOW)).toBe(true);
    expect(room.isNewer(id, `5 ${NOW + 30_000} 0 0 whatever it says`, NOW)).toBe(false);
    expect(room.isNewer(id, `5 ${NOW + 30_000} 0 ${opened().payload}`, NOW)).toBe(false);
    expect(room.isNewer(id, "rubbish", NOW)).toBe(false);
  });

  it.each<[string, (payload: string, id: string) => [id: string, value: string]]>([
    ["another end", (payload, id) => [id, `5 ${NOW + 90_000} 0 ${payload}`]],
    ["as a person's order", (payload, id) => [id, `5 ${NOW + 30_000} 2 ${payload}`]],
    ["as a closing", (payload, id) => [id, `5 0 0 ${payload}`]],
    ["of another id", payload => [room.id(1n, 2n, 4n), `5 ${NOW + 30_000} 0 ${payload}`]],
    ["with another cause", (payload, id) => [id, `5 ${NOW + 30_000} 0 ${payload.replace("credential", "quota")}`]],
    ["with another gateway", (payload, id) => [id, `5 ${NOW + 30_000} 0 ${payload.replace("7 ", "8 ")}`]],
    ["without its signature", (payload, id) => [id, `5 ${NOW + 30_000} 0 ${payload.slice(0, -17)}`]],
    ["as rubbish", (_payload, id) => [id, "rubbish"]],
    ["empty", (_payload, id) => [id, ""]],
  ])("is refused %s", (_what, change) => {
    const { id, payload } = opened();
    expect(room.entry(...change(payload, id), NOW)).toBeUndefined();
  });

  it("is refused when it was signed with another secret", () => {
    const { id, payload } = opened();
    room.fleet(2n);
    expect(room.entry(id, `5 ${NOW + 30_000} 0 ${payload}`, NOW)).toBeUndefined();
  });

  it("is refused when it is an old closing", () => {
    const id = room.id(1n, 2n, 3n);
    const payload = room.payload(id, { op: "C", sent: NOW, lasts: 0 });
    expect(room.entry(id, `5 0 0 ${payload}`, NOW + 600_000)?.op).toBe("C");
    expect(room.entry(id, `5 0 0 ${payload}`, NOW + 700_000)).toBeUndefined();
  });
});

describe("a call", () => {
  it("logs in, chooses the database, and runs the script by its hash", () => {
    room.login("gateway", "pass word", 3);
    const text = room.poll(false, true);
    expect(text).toMatch(
      /^\*3\r\n\$4\r\nAUTH\r\n\$7\r\ngateway\r\n\$9\r\npass word\r\n\*2\r\n\$6\r\nSELECT\r\n\$1\r\n3\r\n/,
    );
    expect(text).toContain(`EVALSHA\r\n$40\r\n${scriptOf().sha}\r\n$1\r\n5\r\n$13\r\naf1:{tests}:e\r\n`);
  });

  it("is small while nothing is new", () => {
    expect(room.poll().length).toBeLessThan(320);
  });

  it("knows its script by the right hash", () => {
    const { text, sha } = scriptOf();
    expect(createHash("sha1").update(text).digest("hex")).toBe(sha);
    expect(room.poll(true)).toContain(text);
  });

  const result =
    "*10\r\n$3\r\naf1\r\n$3\r\nabc\r\n:1\r\n:1800000000000\r\n:0\r\n*0\r\n*0\r\n:1\r\n*2\r\n$1\r\na\r\n:5\r\n:0\r\n";
  const withEntries = (...texts: string[]) =>
    result.replace(
      "*0\r\n:1\r\n",
      `*${texts.length}\r\n${texts.map(text => `$${text.length}\r\n${text}\r\n`).join("")}:1\r\n`,
    );

  it("takes the script's answer, and what a later version adds", () => {
    expect(room.answer(result)).toBe(0);
    expect(room.answer(result.replace("*10", "*12") + "+more\r\n*1\r\n*1\r\n:1\r\n")).toBe(0);
    expect(room.answer("-NOSCRIPT No matching script\r\n")).toBe("no script");
  });

  it("counts no entry that no member has signed", () => {
    const id = room.id(1n, 2n, 3n);
    const payload = room.payload(id, { op: "O", sent: 1_800_000_000_000, lasts: 30_000 });
    expect(room.answer(withEntries("a", "b", id, `5 ${1_800_000_030_000} 1 ${payload}`))).toBe(0);
    expect(room.answer(withEntries("a", "b", id, `5 ${1_800_000_030_000} 0 ${payload}`))).toBe(1);
  });

  it.each([
    ["-WRONGPASS invalid username-password pair or user is disabled.", "refuses the user or the password of fleet.url"],
    [
      "-ERR AUTH <password> called without any password configured for the default user.",
      "has no password for this user",
    ],
    ["-NOAUTH Authentication required.", "asks for a password"],
    ["-ERR Protocol error: unauthenticated multibulk length", "asks for a password"],
    ["-NOPERM this user has no permissions to run the 'evalsha' command", "does not allow this user"],
    ["-ERR unknown command 'EVALSHA', with args beginning with: 'secret'", "does not run scripts"],
    ["-READONLY You can't write against a read only replica.", "is a replica"],
    ["-OOM command not allowed when used memory > 'maxmemory'.", "is full"],
    ["-LOADING Redis is loading the dataset in memory", "is still loading"],
    ["-BUSY Redis is busy running a script.", "is busy"],
    ["-MOVED 3999 127.0.0.1:6381", "is a cluster, and this endpoint does not own"],
    ["-ASK 3999 127.0.0.1:6381", "is a cluster, and this endpoint does not own"],
    ["-TRYAGAIN Multiple keys request during rehashing of slot", "is a cluster, and this endpoint does not own"],
    ["-CLUSTERDOWN Hash slot not served", "is a cluster that is down"],
    ["-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "is a replica"],
    ["-ERR max number of clients reached", "has no room for another client"],
    [`-DENIED Redis is running in protected mode because ${"it ".repeat(300)}`, "is in protected mode"],
    ["-ERR Client sent AUTH, but no password is set", "has no password for this user"],
    ["-ERR wrong number of arguments for 'auth' command", "refuses the user or the password"],
    ["-NOPERM this user has no permissions to run the 'select' command", "does not allow this user"],
    [
      "-ERR Error running script (call to f_1): @user_script:12: @user_script: 12: The user executing the script can't run this command or subcommand",
      "does not allow this user",
    ],
    ["-NOREPLICAS Not enough good replicas to write.", "cannot save"],
    [
      "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
      "cannot save",
    ],
    ["-ERR unsupported command 'EVALSHA'", "does not run scripts"],
    ["-ERR Protocol error: invalid bulk length", "Redis's protocol"],
    ["-ERR DB index is out of range", "has no database"],
    ["-ERR something 'secret'", "answers with an error"],
  ])("says of %j that the store %s", (error, words) => {
    const said = String(room.answer(`${error}\r\n`));
    expect(said).toContain(words);
    expect(said).not.toContain("secret");
  });

  it.each([
    ["nothing", ""],
    ["half of it", result.slice(0, -20)],
    ["more than one answer", result + result],
    ["another script's answer", result.replace("af1", "xxx")],
    ["fewer parts", result.replace("*10", "*9").replace(/:0\r\n$/, "")],
    ["an entry without a value", withEntries("a", "b").replace("$1\r\nb", "$-1")],
    ["an entry that is none", withEntries("a", "b").replace("$1\r\na", "*0")],
    ["a page that is too long", withEntries(...Array.from({ length: 202 }, () => "a"))],
    ["answers to what was not told", result.replace("*0", "*1\r\n:1")],
    ["an epoch that is too long", result.replace("$3\r\nabc", `$65\r\n${"a".repeat(65)}`)],
    ["a version below 0", result.replace(":1\r\n", ":-1\r\n")],
    ["HTTP", "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"],
  ])("refuses %s", (_what, text) => {
    expect(room.answer(text)).toBe("does not answer in Redis's protocol");
  });

  it("knows a server that wants TLS by its alert", () => {
    expect(room.answer("\x15\x03\x03\x00\x02\x02\x46")).toContain("wants TLS");
  });

  it.each([
    [
      "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
      "cannot be reached",
    ],
    ["no healthy upstream", "cannot be reached"],
    ["", "cannot be reached"],
    [
      "transport failure reason: TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end",
      "a certificate",
    ],
    ["TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end", "does not speak TLS"],
  ])("says of Envoy's %j that the store %s", (text, words) => {
    expect(room.connectionFault(text)).toContain(words);
  });
});

describe("the URL of a store", () => {
  it.each([
    ["redis://h", "redis", "", "", "h", "6379", "0"],
    ["rediss://a:b@h.example.com:1/7", "rediss", "a", "b", "h.example.com", "1", "7"],
    ["redis://:p%40s@h/", "redis", "", "p@s", "h", "6379", "0"],
    ["redis://:${A}@[::1]:9/0", "redis", "", "${A}", "::1", "9", "0"],
    ["redis://u:a@b@h", "redis", "u", "a@b", "h", "6379", "0"],
    ["redis://u:a/b?c#d:e@h", "redis", "u", "a/b?c#d:e", "h", "6379", "0"],
    ["redis://us%3Aer:%C3%A9%E2%82%AC%F0%9F%94%91é@h", "redis", "us:er", "é€🔑é", "h", "6379", "0"],
    ["valkey://h/2", "redis", "", "", "h", "6379", "2"],
    ["valkeys://u:p@h:7", "rediss", "u", "p", "h", "7", "0"],
  ])("%s", (text, ...parts) => {
    expect(room.url(text)).toEqual(["", ...parts]);
  });

  it.each([
    ["http://h", "no URL of a Redis"],
    ["redis://", "no host and port"],
    ["redis://h:0", "no host and port"],
    ["redis://h:65536", "no host and port"],
    ["redis://h:", "no host and port"],
    ["redis://a b", "no host and port"],
    ["redis://[::1", "no host and port"],
    ["redis://u@h", "a user without a password"],
    ["redis://u:@h", "a user without a password"],
    ["redis://:%4@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%C3@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%C3x@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%C3%41@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%A9@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%C0%80@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%ED%A0%80@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%0A@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%7f@h", 'a "%" that begins no character of UTF-8'],
    ["redis://:%00@h", 'a "%" that begins no character of UTF-8'],
    ["unix:/run/redis.sock", "a Unix socket, which only a cluster of your own reaches"],
    ["unix:///run/redis.sock", "a Unix socket, which only a cluster of your own reaches"],
    ["redis+unix:///run/redis.sock", "a Unix socket, which only a cluster of your own reaches"],
    ["redis:///run/redis.sock", "a Unix socket, which only a cluster of your own reaches"],
    ["/run/redis.sock", "a Unix socket, which only a cluster of your own reaches"],
    ["redis:///0", "no host and port"],
    ["redis:h", "no URL of a Redis"],
    ["redis-sentinel://h", "no URL of a Redis"],
    ["", "no URL of a Redis"],
    ["redis://h/a", "no number of a database behind the host"],
    ["redis://h/-1", "no number of a database behind the host"],
    ["redis://h?a=b", "a URL with a query or a fragment"],
  ])("%s is none", (text, fault) => {
    expect(room.url(text)[0]).toBe(fault);
  });
});
