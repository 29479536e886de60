import { defineConfig } from "vitest/config";

/** What needs Debian packages (socat, systemd-analyze), or minutes of real time: `npm run check:system`. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/system/**/*.test.ts"],
    globalSetup: ["test/harness/build-once.ts"],
    pool: "forks",
    // Most of their time they wait for a real time-out.
    maxWorkers: 3,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
