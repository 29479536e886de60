import { defineConfig } from "vitest/config";
import { startOrder } from "./harness/start-order.ts";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/system/**"],
    globalSetup: ["test/harness/build-once.ts"],
    pool: "forks",
    // Two cores are the least there is. Left to itself, vitest leaves one of them idle; and journeys wait half of their time.
    maxWorkers: 3,
    sequence: {
      sequencer: startOrder(["smpp-kill", "mornings", "faulty-line", "torture/", "journey/", "soak/"]),
    },
    // The slowest take ten seconds; a machine with others to serve may be four times as slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
