import { defineConfig } from "vitest/config";

const project = (name: string, minutes: number, globalSetup: string[] = []) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    globalSetup: ["tests/setup.ts", ...globalSetup],
    fileParallelism: false,
    testTimeout: minutes * 60_000,
    hookTimeout: 300_000,
  },
});

/**
 * What `npm test` has no time for: `npm run test:fleet`; `npm run test:platforms`, which needs a Go compiler; `npm run test:clients`, which
 * installs clients.
 */
export default defineConfig({
  test: {
    reporters: ["verbose"],
    projects: [
      project("clients", 10),
      project("fleet", 2),
      project("platforms", 5, ["tests/platforms/build-tools.ts"]),
    ],
  },
});
