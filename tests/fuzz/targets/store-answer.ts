import { FleetRoom, type Written } from "../../unit/fleet-room.js";
import { target } from "../fuzz-target.js";
import { mutate, pick } from "../mutation.js";
import { randomFrom, type Random } from "../random.js";

const NOW = 1_800_000_000_000;
const PIECES = [
  ...["*", "$", ":", "+", "-", "\r\n", "\r", "\n", "0", "-1", "99999999999999999999", "OK", "\0", "\xff", " "],
  ...["*10\r\n$3\r\naf1\r\n", "$1\r\na\r\n", ":1\r\n", "*2\r\n", "$-1\r\n", "*-1\r\n", "*1\r\n".repeat(9), "+OK\r\n"],
  ...["-NOSCRIPT No\r\n", "-ERR secret\r\n", "_\r\n", "%1\r\n", "#t\r\n", "4294967295", "4294967290", "2147483648"],
];

interface Entry {
  id: [provider: number, token: number, model: number];
  version: number;
  rank: number;
  until: number;
  said: Omit<Written, "gateway"> & { gateway: number };
}

interface StoreAnswer {
  /** Commands before the script that have answers of their own. */
  before: number;
  entries: Entry[];
  gateways: number;
  /** The seed of what is damaged in the text, which is signed only when it is run. */
  damage: number;
}

function entryOf(random: Random): Entry {
  const op = pick(["O", "O", "C", "P", "B"] as const, random);
  const sent = NOW - pick([0, 1000, 600_000, 700_000, -5000], random);
  const lasts = op === "C" ? 0 : pick([1, 30_000, 604_800_000, 2 ** 52], random);
  return {
    id: [random(3), random(4), random(4)],
    version: pick([1, 5, 2 ** 53], random),
    rank: op === "P" ? 2 : op === "B" ? 1 : 0,
    until: op === "C" ? 0 : sent + lasts + pick([0, 0, 2000, 5000, -9000], random),
    said: { op, cause: random(12), opened: random(70_000), flags: random(5), gateway: random(9), sent, lasts },
  };
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const damaged = (text: string, seed: number) => mutate(text, PIECES, randomFrom(seed));

/** What a store says, or what listens in its place: its protocol, the script's result, entries, and the URL that leads there. */
export const storeAnswer = target<StoreAnswer>({
  ...{ name: "store-answer", share: 1 },
  generate: random => ({
    before: pick([0, 0, 0, 1, 2], random),
    entries: Array.from({ length: random(5) }, () => entryOf(random)),
    gateways: random(4),
    damage: random(2 ** 31),
  }),
  async start() {
    const room = await FleetRoom.start();
    const known = new Map<number, FleetRoom>();
    for (const before of [0, 1, 2]) {
      const own = before === 0 ? room : await FleetRoom.start();
      if (before > 0) own.login("", "secret", before - 1);
      known.set(before, own);
    }
    return {
      run({ before, entries, gateways, damage }) {
        const own = known.get(before)!;
        const pairs = entries.map(({ id: [provider, token, model], version, rank, until, said }) => {
          const id = own.id(BigInt(provider), BigInt(token), BigInt(model));
          return {
            id,
            value: `${version} ${until} ${rank} ${own.payload(id, { ...said, gateway: BigInt(said.gateway) })}`,
          };
        });
        const list = pairs.map(({ id, value }) => bulk(id) + bulk(value)).join("");
        const present = Array.from({ length: gateways }, (_, n) => `${bulk(String(n).repeat(16))}:${n * 1000}\r\n`);
        const good =
          "+OK\r\n".repeat(before) +
          `*10\r\n${bulk("af1")}${bulk("abc")}:1\r\n:${NOW}\r\n:0\r\n*0\r\n*${2 * pairs.length}\r\n${list}` +
          `:${gateways}\r\n*${2 * gateways}\r\n${present.join("")}:0\r\n`;
        const text = damaged(good, damage);
        const bytes = Buffer.from(text, "latin1");
        const told = own.answer(bytes);
        // Nobody but a member of the fleet writes an entry, whatever is done to its bytes.
        const whole = pairs.reduce(
          (sum, { value }) => sum + text.split(value.split(" ").slice(3).join(" ")).length - 1,
          0,
        );
        if (typeof told === "number" ? told > whole : told === "" || told.includes("secret"))
          throw new Error(`${told} entries of ${whole} that were signed`);
        for (const gateway of typeof told === "number" ? own.gateways() : [])
          if (gateway.seenAgo < 0 || !text.includes(gateway.id))
            throw new Error(`a gateway from elsewhere: ${gateway.id}`);
        own.read(bytes);
        own.skips(bytes);
        const [first] = pairs;
        if (first) own.entry(first.id, damaged(first.value, damage), NOW);
        own.url(`redis://${damaged("user:p%40s@[::1]:6379/0", damage)}`);
      },
      get memory() {
        return [...known.values()].reduce((sum, { wasm }) => sum + wasm.memory.buffer.byteLength, 0);
      },
    };
  },
});
