/**
 * A backup while no daemon runs: this process holds the data folder meanwhile, and the copy is made in another one all
 * the same, since opening and closing the file in the process that has it locked would drop the lock.
 */

import type { BackupFacts, BackupJob } from "./backup-file.ts";
import { checkpointAll, openDatabase } from "./database.ts";
import { makeBackup } from "./make-backup.ts";

/** Throws `store.locked` where a daemon holds the folder. `job.from` is there. */
export async function backUpStopped(job: BackupJob): Promise<BackupFacts> {
  const db = openDatabase(job.from);
  try {
    return await makeBackup({
      store: {
        holdFile: async () => {
          checkpointAll(db);
        },
        releaseFile: async () => true,
      },
      job: async () => job,
      signal: new AbortController().signal,
    });
  } finally {
    db.close();
  }
}
