/**
 * Loaded into the daemon before its own script (`node --import`): its disk becomes an SD card, and SIGUSR2 makes it
 * tell how long its event loop was held up.
 *
 * A COMMIT of the store syncs once; here it takes 20 ms longer, and 300 ms every 20th time, which is what such cards
 * do. The thread that commits is held as a sync holds it: nothing else of it runs. A checkpoint syncs twice.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import Sqlite from "better-sqlite3";

const SYNC_MS = 20;
const STALL_MS = 300;
const STALL_EVERY = 20;
const RESOLUTION_MS = 1;

let syncs = 0;
const nobody = new Int32Array(new SharedArrayBuffer(4));

function sync(): void {
  syncs += 1;
  Atomics.wait(nobody, 0, 0, syncs % STALL_EVERY === 0 ? STALL_MS : SYNC_MS);
}

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  process.on("SIGUSR2", () => {
    // The histogram holds whole intervals, the resolution included.
    const p99Ms = delay.percentile(99) / 1e6 - RESOLUTION_MS;
    const worstMs = delay.max / 1e6 - RESOLUTION_MS;
    process.stdout.write(`${JSON.stringify({ is: "loop", p99Ms, worstMs })}\n`);
    delay.reset();
  });
} else {
  const { prepare, pragma } = Sqlite.prototype;
  Sqlite.prototype.prepare = function slowly(this: Sqlite.Database, source: string) {
    const statement = prepare.call(this, source) as Sqlite.Statement;
    if (source !== "COMMIT") return statement;
    const run = statement.run.bind(statement);
    statement.run = () => {
      const result = run();
      sync();
      return result;
    };
    return statement;
  } as typeof prepare;
  Sqlite.prototype.pragma = function slowly(this: Sqlite.Database, source: string, options?: object) {
    if (source.includes("PASSIVE")) {
      sync();
      sync();
    }
    return pragma.call(this, source, options as never);
  };
}
