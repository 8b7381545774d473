import { defineConfig } from "vitest/config";

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout: 60_000, hookTimeout: 180_000, ...extra },
});

/** One file after another, when all others are through. */
const SERIAL = { fileParallelism: false, testTimeout: 120_000, sequence: { groupOrder: 1 } };
/** By default one core would be left idle. */
const PARALLEL = { maxWorkers: 2 };

export default defineConfig({
  test: {
    globalSetup: ["tests/setup.ts"],
    // Two cores: the files that start an Envoy run one after another, the pure ones side by side.
    projects: [
      project("unit", PARALLEL),
      project("fuzz", PARALLEL),
      project("cli", PARALLEL),
      project("filter", PARALLEL),
      project("envoy", SERIAL),
      project("console", SERIAL),
    ],
  },
});
