import { defineConfig } from "vitest/config";

const project = (name: string, testTimeout = 60_000) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout, hookTimeout: 180_000 },
});

export default defineConfig({
  test: {
    globalSetup: ["tests/setup.ts"],
    // By default one core would be left idle. Two files at once are no danger to those that start an Envoy: these wait more than they
    // compute, and assert no timing.
    maxWorkers: 2,
    projects: [
      project("unit"),
      project("fuzz"),
      project("cli"),
      project("filter"),
      project("envoy", 120_000),
      project("console", 120_000),
    ],
  },
});
