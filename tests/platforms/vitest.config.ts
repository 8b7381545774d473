import { defineConfig } from "vitest/config";

/** `npm run test:platforms`: what takes minutes to build, and a Go compiler, is no part of `npm test`. */
export default defineConfig({
  test: {
    name: "platforms",
    include: ["tests/platforms/**/*.test.ts"],
    globalSetup: ["tests/setup.ts", "tests/platforms/build-tools.ts"],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ["verbose"],
  },
});
