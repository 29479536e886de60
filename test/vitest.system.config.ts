import { defineConfig } from "vitest/config";
import { startOrder } from "./harness/start-order.ts";

/** What needs Debian packages (socat, systemd-analyze), or minutes of real time: `npm run check:system`. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/system/**/*.test.ts"],
    globalSetup: ["test/harness/build-once.ts"],
    pool: "forks",
    // Most of their time they wait for a real time-out, of 200 s at most: beside those there is time for all the others.
    maxWorkers: 4,
    sequence: {
      sequencer: startOrder([
        "silent-over-a-pdu",
        "disk-refuses",
        "tls",
        "clock-slips",
        "power-cut",
        "upgrade",
      ]),
    },
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
