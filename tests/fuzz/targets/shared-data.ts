import { HealthRoom, type Failure } from "../../unit/health-room.js";
import { target } from "../fuzz-target.js";
import { pick } from "../mutation.js";
import type { Random } from "../random.js";

const FAILURES: Failure[] = [
  "revoked",
  "empty",
  "forbidden",
  "limited",
  "no model",
  "no api",
  "error",
  "slow",
  "refused",
];
const TOKENS = 3;
const ENTRY = 144;

type Damage = {
  kind: "flip" | "cut" | "stretch" | "layout" | "count" | "swap" | "noise" | "repeat";
  at: number;
  to: number;
};
type Step =
  | { do: "ask"; vm: number; model: number; ends: "failed" | "succeeded" | "released"; failure: Failure }
  | { do: "damage"; damage: Damage }
  | { do: "pass"; ms: number }
  | { do: "order"; vm: number; token: number; what: "out" | "back" | "now" }
  | { do: "look"; vm: number };

const damageOf = (random: Random): Damage => ({
  kind: pick(["flip", "flip", "cut", "stretch", "layout", "count", "swap", "noise", "repeat"] as const, random),
  at: random(2000),
  to: pick([0, 1, 2, 255, 256, 65535, 0x7fffffff, 0xffffffff, random(2 ** 32)], random),
});

function stepOf(random: Random): Step {
  switch (random(8)) {
    case 0:
      return { do: "damage", damage: damageOf(random) };
    case 1:
      return { do: "pass", ms: pick([1, 500, 6000, 100_000], random) };
    case 2:
      return { do: "order", vm: random(2), token: random(TOKENS + 1) - 1, what: pick(["out", "back", "now"], random) };
    case 3:
      return { do: "look", vm: random(2) };
    default: {
      const ends = pick(["failed", "failed", "failed", "succeeded", "released"] as const, random);
      return { do: "ask", vm: random(2), model: random(12), ends, failure: pick(FAILURES, random) };
    }
  }
}

function damaged(record: Buffer, { kind, at, to }: Damage): Buffer {
  const place = record.length > 0 ? at % record.length : 0;
  switch (kind) {
    case "flip":
      if (record.length > 0) record[place] = to & 255;
      return record;
    case "cut":
      return record.subarray(0, place);
    case "stretch":
      return Buffer.concat([record, Buffer.alloc(at % 300, to & 255)]);
    case "layout":
    case "count":
      if (record.length >= 8) record.writeUInt32LE(to, kind === "layout" ? 0 : 4);
      return record;
    case "swap": {
      const [head, first] = [record.subarray(0, 8), record.subarray(8, 8 + ENTRY)];
      return Buffer.concat([head, record.subarray(8 + ENTRY), first]);
    }
    case "noise":
      return Buffer.from(record.map((byte, i) => (i < 8 ? byte : (byte + to + i * 31) & 255)));
    case "repeat": {
      const again = Buffer.concat([record, record.subarray(8)]);
      if (again.length >= 8) again.writeUInt32LE((again.length - 8) / ENTRY, 4);
      return again;
    }
  }
}

/** Records that another version wrote, or that are damaged, between the steps of two workers that read and write them. */
export const sharedData = target<Step[]>({
  ...{ name: "shared-data", share: 1 },
  generate: random => Array.from({ length: 10 + random(20) }, () => stepOf(random)),
  async start() {
    const room = await HealthRoom.start();
    return {
      run(steps) {
        room.world({ tokens: TOKENS }, { tokens: 1, choice: "sticky" });
        const workers = [room.worker(true), room.worker()];
        for (const step of steps) take(step);

        function take(step: Step): void {
          if (step.do === "pass") room.now += step.ms;
          else if (step.do === "damage") room.rewriteShared(record => damaged(record, step.damage));
          else if (step.do === "order") {
            const token = step.token < 0 ? undefined : step.token;
            const worker = workers[step.vm]!;
            if (step.what === "out") worker.takeOut(token, 60_000);
            else if (step.what === "back") worker.bringBack(token);
            else worker.tryNow(token);
          } else if (step.do === "look") {
            const worker = workers[step.vm]!;
            worker.refresh();
            worker.opensIn();
            worker.soonest();
            worker.forget();
            const probe = worker.nextProbe();
            if (probe) worker.probeAnswered(probe, "good");
          } else {
            const worker = workers[step.vm]!;
            const model = BigInt(1 + step.model);
            const hop = worker.ask(0, { model }) ?? worker.forced(0, { model });
            if (!hop) return;
            if (hop.token >= TOKENS) throw new Error(`token ${hop.token} of ${TOKENS}`);
            const of = { model, trial: hop.trial };
            if (step.ends === "failed") worker.failed(hop.token, step.failure, of);
            else worker[step.ends](hop.token, of);
          }
        }
      },
      get memory() {
        return room.wasm.memory.buffer.byteLength;
      },
    };
  },
});
