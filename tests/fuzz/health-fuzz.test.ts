import { beforeAll, expect, test } from "vitest";
import { HealthRoom, type Failure, type Worker } from "../unit/health-room.js";
import { randomFrom } from "./random.js";

/**
 * Requests that fail at random, in three workers that lose races, against what is true of each token and model. Nothing may be out
 * for what another model, another token or a caller did. `FUZZ_REQUESTS=1000000` makes a long run of it.
 */
const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 20_000);
const CHECK_EVERY = 50;

const TOKENS = 4;
const PROVIDERS = 2;
/** Models that are well, behind those that one thing is wrong with. */
const [BROKEN, FORBIDDEN, LIMITED, ...WELL] = [11n, 12n, 13n, 14n, 15n] as const;
/** The last token of each provider is revoked and good again by turns. */
const REVOKED = TOKENS - 1;

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

test(
  `in ${REQUESTS} requests no token is out for what another model, token or caller did`,
  { timeout: 3_600_000 },
  () => {
    const random = randomFrom(2026);
    room.world(...Array.from({ length: PROVIDERS }, () => ({ tokens: TOKENS })));
    const workers = Array.from({ length: 3 }, () => room.worker());
    let isRevoked = false;

    /** How a provider answers; undefined: well. */
    const answer = (token: number, model: bigint): Failure | undefined => {
      if (token === REVOKED && isRevoked) return "revoked";
      if (model === BROKEN) return (["error", "slow", "cut"] as const)[random(3)];
      if (model === FORBIDDEN) return token % 2 === 0 ? "forbidden" : undefined;
      if (model === LIMITED) return random(3) === 0 ? { wait: random(4000) } : undefined;
      if (model > 100n) return model % 2n === 0n ? "no model" : { cause: "model", scope: "token-model" };
      return random(20) === 0 ? "mistake" : undefined;
    };
    const models = [BROKEN, FORBIDDEN, LIMITED, ...WELL];
    const request = (worker: Worker): void => {
      const p = random(PROVIDERS);
      const model = random(8) === 0 ? BigInt(1000 + random(500)) : models[random(models.length)]!;
      const api = random(30) === 0 ? BigInt(500 + random(50)) : 99n;
      const hop = worker.ask(p, { model, api });
      if (!hop) return;
      const of = { p, model, api, trial: hop.trial };
      const failure = api !== 99n ? "no api" : answer(hop.token, model);
      if (random(40) === 0) worker.released(hop.token, of);
      else if (failure !== undefined) worker.failed(hop.token, failure, of);
      else worker.succeeded(hop.token, of);
    };
    const check = (worker: Worker): void => {
      for (let p = 0; p < PROVIDERS; p++)
        for (let token = 0; token < REVOKED; token++)
          for (const model of WELL) {
            const tried = Array.from({ length: TOKENS }, (_, i) => i).filter(other => other !== token);
            expect(worker.ask(p, { model, tried }), `token ${token} for model ${model}`).toEqual({
              token,
              trial: false,
            });
          }
    };

    for (let i = 0; i < REQUESTS; i++) {
      room.now += random(400);
      if (random(500) === 0) isRevoked = !isRevoked;
      if (random(20) === 0) room.wasm.lose(random(7));
      request(workers[random(workers.length)]!);
      if (i % CHECK_EVERY === 0) check(workers[random(workers.length)]!);
    }
  },
);
