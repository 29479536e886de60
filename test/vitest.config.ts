import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/system/**"],
    globalSetup: ["test/harness/build-once.ts"],
    pool: "forks",
    // Two cores are the least there is; left to itself, vitest leaves one of them idle.
    maxWorkers: 2,
    // The slowest take ten seconds; a machine with others to serve may be four times as slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
