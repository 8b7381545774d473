import { defineConfig } from "vitest/config";

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout: 60_000, hookTimeout: 180_000, ...extra },
});

export default defineConfig({
  test: {
    globalSetup: ["tests/setup.ts"],
    // Two cores: the files that start an Envoy run one after another, the pure ones side by side.
    projects: [
      project("unit"),
      project("fuzz"),
      project("cli"),
      project("filter"),
      project("envoy", { fileParallelism: false, testTimeout: 120_000 }),
      project("console", { fileParallelism: false, testTimeout: 120_000 }),
    ],
  },
});
