import { defineConfig } from "vitest/config";

/** `npm run test:fleet`: minutes on real gateways and stores, which `npm test` has no time for. */
export default defineConfig({
  test: {
    include: ["tests/fleet/**/*.test.ts"],
    globalSetup: ["tests/setup.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
