/**
 * Loaded into the daemon before its own script (`node --import`). SIGUSR2 holds the event loop for ever, and says so; while the file
 * named by HANG_STORE is there, the store's thread never comes back from its next commit, as from a sync that hangs.
 */
import { existsSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import Sqlite from "better-sqlite3";

const forEver = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);

if (isMainThread) {
  process.on("SIGUSR2", () => {
    writeSync(1, "the loop hangs\n");
    forEver();
  });
} else {
  const { prepare } = Sqlite.prototype;
  Sqlite.prototype.prepare = function hanging(source) {
    const statement = prepare.call(this, source);
    if (source !== "COMMIT") return statement;
    const run = statement.run.bind(statement);
    statement.run = () => {
      if (existsSync(process.env["HANG_STORE"] ?? "")) forEver();
      return run();
    };
    return statement;
  };
}
