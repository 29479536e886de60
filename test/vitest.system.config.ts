import { defineConfig } from "vitest/config";

/** What needs Debian packages (socat, systemd-analyze), or minutes of real time: `npm run check:system`. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/system/**/*.test.ts"],
    globalSetup: ["test/harness/build-once.ts"],
    pool: "forks",
    testTimeout: 60_000,
  },
});
