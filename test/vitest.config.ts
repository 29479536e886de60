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
    testTimeout: 20_000,
    // A box opened beforehand starts threads and syncs its disk.
    hookTimeout: 30_000,
  },
});
