/**
 * Loaded into the built daemon before its own script (`node --import`): each of the store's commits takes SYNC_MS
 * longer, as on a card that stalls, and holds its thread as a sync does. SIGUSR2 makes the daemon tell how long its
 * event loop has been held up since it was asked last: one JSON line.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import Sqlite from "better-sqlite3";

export const SYNC_MS = 200;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on("SIGUSR2", () => {
    const [medianMs, p95Ms] = [50, 95].map((share) => delay.percentile(share) / 1e6);
    process.stdout.write(`${JSON.stringify({ is: "loop", medianMs, p95Ms })}\n`);
    delay.reset();
  });
} else {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const { prepare } = Sqlite.prototype;
  Sqlite.prototype.prepare = function slowly(source) {
    const statement = prepare.call(this, source);
    if (source !== "COMMIT") return statement;
    const run = statement.run.bind(statement);
    statement.run = () => {
      const result = run();
      Atomics.wait(nobody, 0, 0, SYNC_MS);
      return result;
    };
    return statement;
  };
}
