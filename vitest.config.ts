import { defineConfig } from "vitest/config";

const project = (name: string, testTimeout = 60_000) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout, hookTimeout: 180_000 },
});

export default defineConfig({
  test: {
    globalSetup: ["tests/setup.ts"],
    // One file more than there are cores: those that start an Envoy wait more than they compute, and assert no timing.
    maxWorkers: 3,
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
