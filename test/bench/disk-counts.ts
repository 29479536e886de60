/**
 * Loaded into the daemon before its own script (`node --import`): SIGUSR2 makes it tell how often the store has synced.
 * A COMMIT syncs the log once (`synchronous=FULL`); a checkpoint syncs log and database.
 */
import { BroadcastChannel, isMainThread } from "node:worker_threads";
import Sqlite from "better-sqlite3";

export type DiskCounts = { readonly is: "disk"; readonly commits: number; readonly checkpoints: number };

const channel = new BroadcastChannel("pylone-disk-counts");

if (isMainThread) {
  process.on("SIGUSR2", () => channel.postMessage("tell"));
  channel.onmessage = ({ data }) => process.stdout.write(`${JSON.stringify(data)}\n`);
} else {
  let commits = 0;
  let checkpoints = 0;
  channel.onmessage = () => channel.postMessage({ is: "disk", commits, checkpoints } satisfies DiskCounts);
  const { prepare, pragma } = Sqlite.prototype;
  Sqlite.prototype.prepare = function counted(this: Sqlite.Database, source: string) {
    const statement = prepare.call(this, source) as Sqlite.Statement;
    if (source !== "COMMIT") return statement;
    const run = statement.run.bind(statement);
    statement.run = () => {
      commits += 1;
      return run();
    };
    return statement;
  } as typeof prepare;
  Sqlite.prototype.pragma = function counted(this: Sqlite.Database, source: string, options?: object) {
    if (source.includes("PASSIVE")) checkpoints += 1;
    return pragma.call(this, source, options as never);
  };
}
channel.unref();
