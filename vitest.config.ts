import { defineConfig } from "vitest/config";

// `npm test` runs *.test.ts; `npm run test:long` adds *.long.ts and multiplies the runs of each property (test/support/setup.ts).
export default defineConfig(({ mode }) => ({
  test: {
    include: mode === "long" ? ["test/**/*.{test,long}.ts"] : ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/fixtures/**"],
    setupFiles: ["test/support/setup.ts"],
    reporters: ["default", "./test/support/totals-reporter.ts"],
    // Real processes, real files and two busy cores: long enough not to fail by chance.
    testTimeout: mode === "long" ? 300_000 : 20_000,
    hookTimeout: 30_000,
    env: { BOSUN_PROPERTY_FACTOR: mode === "long" ? "20" : "1" },
    // More than one worker a core: many tests wait for processes of their own, for timeouts and for locks.
    maxWorkers: 3,
    // No test may read the settings, keys or sessions of the person who runs it.
    unstubEnvs: true,
  },
}));
