import type { Answer, Fault } from "../host/behaviour.js";
import type { Seen } from "../host/proxy-host.js";
import { parseReply, type Reply } from "../envoy/store-server.js";

const GRACE = 600_000;
const LATE = 2000;
const BACK = 5000;

interface Entry {
  version: number;
  until: number;
  rank: number;
  payload: string;
  forget: number;
}

/**
 * The store's script in virtual time, for what needs more gateways or more time than there are: what it does on real servers is told in
 * tests/envoy/fleet-rules.test.ts.
 */
export class VirtualStore {
  entries = new Map<string, Entry>();
  private leases = new Map<string, { holder: string; until: number }>();
  private seen = new Map<string, number>();
  private epoch = "";
  private version = 0;
  /** The highest version of what it has forgotten. */
  private floor = 0;
  /** What is answered in place of an answer, while it is set. */
  fault: Fault["fault"] | { error: string } | { body: string } | undefined;
  calls = 0;
  /** Of all calls and answers. */
  bytes = { up: 0, down: 0 };
  /** Of each kind, how many were asked for. */
  ops: Record<string, number> = {};
  /** Each permit that was given: whose, when. */
  permits: { id: string; gateway: string; at: number }[] = [];
  hasScript = false;
  /** Whether the answers that give a permit are lost on their way. */
  losesPermits = false;
  /** Whether it takes no entry. */
  refusesAll = false;

  /** By how much its clock is set otherwise than at the start, ms. */
  clockShift = 0;
  constructor(private readonly clock: () => number) {}

  private now(): number {
    return this.clock() + this.clockShift;
  }

  /** As a cluster of the host. */
  readonly serve = (request: Seen): Answer | Fault["fault"] => {
    this.calls++;
    const { fault } = this;
    if (typeof fault === "string") return fault;
    if (fault !== undefined) return { body: "error" in fault ? `-${fault.error}\r\n` : fault.body };
    const given = this.permits.length;
    const body = this.answer(commandsOf(request.body));
    if (this.losesPermits && this.permits.length > given) return "silence";
    this.bytes.up += request.body.length;
    this.bytes.down += body.length;
    return { body };
  };

  /** How many permits nobody else can get now. */
  get heldPermits(): number {
    return [...this.leases.values()].filter(({ until }) => until > this.now()).length;
  }

  /** Writes an entry as a stranger, or a later release, would: an id, and what follows the rank. */
  write(id: string, payload: string): void {
    const until = this.now() + 60_000;
    this.entries.set(id, { version: this.raise(), until, rank: 0, payload, forget: until });
  }

  /** As if something had been forgotten whose version was the last one. */
  raiseFloor(): void {
    this.floor = this.version;
  }

  flush(): void {
    this.entries.clear();
    this.leases.clear();
    this.seen.clear();
    this.epoch = "";
    this.version = 0;
  }

  private answer(commands: Reply[]): string {
    return commands
      .map(command => {
        const [name, script, , , , , , , ...args] = command as string[];
        if (name === "AUTH" || name === "SELECT") return "+OK\r\n";
        if (name === "EVALSHA" && !this.hasScript) return "-NOSCRIPT No matching script.\r\n";
        if (name === "EVAL") this.hasScript = script!.includes("PEXPIRE");
        return encode(this.run(args));
      })
      .join("");
  }

  private run([epoch, known, gateway, most, presence, at, paging, ...list]: string[]): Reply {
    const now = this.now();
    if (this.version > now + BACK) this.flush();
    if (this.epoch === "") {
      this.epoch = gateway! + now;
      this.version = 0;
      this.floor = 0;
    }
    const isLate = at !== "" && now - Number(at) > LATE;
    const answers: number[] = [];
    for (let i = 0; i < list.length; i += 4) {
      const [op, id, number, payload] = list.slice(i, i + 4) as [string, string, string, string];
      this.ops[op] = (this.ops[op] ?? 0) + 1;
      answers.push(isLate && (op === "O" || op === "L") ? -1 : this.op(op, id, Number(number), payload, gateway!));
    }
    for (const [id, { forget, version }] of this.entries) {
      if (forget >= now) continue;
      this.entries.delete(id);
      this.floor = Math.max(this.floor, version);
    }
    if (presence !== "") this.see(gateway!, Number(presence));
    const isBelow = Number(known) < this.floor && paging !== "1";
    const isAll = epoch !== this.epoch || Number(known) > this.version || isBelow;
    const since = isAll ? 0 : Number(known);
    const entries = [...this.entries].filter(([, { version }]) => version > since);
    const page = entries.sort((a, b) => a[1].version - b[1].version).slice(0, Number(most));
    const upTo = page.length === Number(most) ? page.at(-1)![1].version : this.version;
    const seen = presence === "" ? [] : [...this.seen].slice(0, 64).flatMap(([id, when]) => [id, now - when]);
    return [
      ...["af1", this.epoch, upTo, now, isAll ? 1 : 0, answers],
      page.flatMap(([id, { version, until, rank, payload }]) => [id, `${version} ${until} ${rank} ${payload}`]),
      ...[this.seen.size, seen, upTo < this.version ? 1 : 0],
    ];
  }

  private raise(): number {
    return (this.version = Math.max(this.version + 1, this.now()));
  }

  private see(gateway: string, lasts: number): void {
    this.seen.set(gateway, this.now());
    for (const [id, when] of this.seen) if (this.now() - when > lasts) this.seen.delete(id);
  }

  private op(op: string, id: string, n: number, payload: string, gateway: string): number {
    const now = this.now();
    const put = (until: number, rank: number) => {
      const forget = (rank === 1 || until === 0 ? now : until) + GRACE;
      this.entries.set(id, { version: this.raise(), until, rank, payload, forget });
      return 1;
    };
    if (op === "L") {
      const lease = this.leases.get(id);
      if (lease !== undefined && lease.until > now && lease.holder !== gateway) return now - lease.until;
      if (lease === undefined || lease.until <= now) {
        this.leases.set(id, { holder: gateway, until: now + n });
        this.permits.push({ id, gateway, at: now });
      }
      return n;
    }
    if (op === "U") return this.leases.get(id)?.holder === gateway && this.leases.delete(id) ? 1 : 0;
    const { version, until, rank } = this.entries.get(id) ?? { version: 0, until: 0, rank: 0 };
    if (this.refusesAll) return 0;
    const isRuled = rank > 0 && until > now;
    if (op === "P") return put(now + n, 2);
    if (op === "B") return put(now + n, 1);
    if (op === "O" && !isRuled && (rank > 0 || now + n > until)) return put(now + n, 0);
    return op === "C" && !isRuled && version === n && until > 0 ? put(0, 0) : 0;
  }
}

/** A pipeline of commands, which are arrays of texts. */
function commandsOf(text: string): Reply[] {
  const bytes = Buffer.from(text);
  const commands: Reply[] = [];
  for (let at = 0; at < bytes.length;) {
    const [command, next] = parseReply(bytes, at)!;
    commands.push(command);
    at = next;
  }
  return commands;
}

function encode(reply: Reply): string {
  if (Array.isArray(reply)) return `*${reply.length}\r\n${reply.map(encode).join("")}`;
  if (typeof reply === "number") return `:${reply}\r\n`;
  return `$${Buffer.byteLength(String(reply))}\r\n${String(reply)}\r\n`;
}
