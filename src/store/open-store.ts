import { mkdir } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { Fault } from "../runtime/fault.ts";
import type { BackupPlace } from "./backup-folder.ts";
import { type Commit, StoreClient } from "./client.ts";
import type { FromWorker, WorkerOptions } from "./protocol.ts";
import type { Store } from "./store.ts";

export type OpenStoreOptions = {
  readonly dataDir: string;
  /** Where there may be a backup, should nothing of a damaged database be readable. */
  readonly backups?: BackupPlace;
  /** Called once, when the disk no longer keeps its word: the process must end and recover (DESIGN §4.5). */
  readonly onFatal: (fault: Fault) => void;
  /** Called for every batch that is on disk. */
  readonly onCommit?: (commit: Commit) => void;
  /** Where the compiled worker is, for whoever runs from source. */
  readonly workerUrl?: URL;
  readonly clock?: Clock;
  /** The database is damaged: once before what can be read is saved, which may take a while, and once after. */
  readonly onDamage?: (text: string) => void;
};

/**
 * Opens the store and takes the data folder for this process. Rejects with `store.locked` (another process has
 * it), `store.newer` (its data is from a newer version) or `store.failed`.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const url = options.workerUrl ?? new URL("./worker.js", import.meta.url);
  const { clock = systemClock, onFatal, onCommit } = options;
  const workerData: WorkerOptions = {
    dataDir: options.dataDir,
    openedAt: clock.now(),
    backups: options.backups ?? null,
  };
  const worker = new Worker(url, { workerData });
  return new Promise((resolve, reject) => {
    const ended = (error: Error | number) => {
      const reason = error instanceof Error ? error.message : `exit ${error}`;
      reject(
        new Fault({
          code: "store.failed",
          disposition: "reject",
          message: `the store's thread did not start: ${reason}`,
        }),
      );
    };
    worker.once("error", ended);
    worker.once("exit", ended);
    worker.on("message", function opening(message: FromWorker) {
      if (message.is === "salvaging") {
        options.onDamage?.(
          `${options.dataDir}/pylone.db is damaged (${message.reason}): saving what can be read`,
        );
        return;
      }
      worker.off("message", opening);
      worker.off("error", ended);
      worker.off("exit", ended);
      if (message.is === "opened") {
        if (message.salvaged !== null) options.onDamage?.(message.salvaged);
        resolve(new StoreClient(worker, { newestKey: message.newestKey, clock, onFatal, onCommit }));
      } else {
        reject(message.is === "refused" ? new Fault(message.fault) : new Error(`unexpected ${message.is}`));
      }
    });
  });
}
