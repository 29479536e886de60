import { EventEmitter } from "node:events";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import { StoreClient } from "../../src/store/client.ts";
import { createCommands } from "../../src/store/commands.ts";
import { Committer } from "../../src/store/committer.ts";
import { openDatabase } from "../../src/store/database.ts";
import type { ToWorker } from "../../src/store/protocol.ts";
import { migrate } from "../../src/store/schema.ts";
import type { Store } from "../../src/store/store.ts";

export type LifeStore = {
  readonly store: Store;
  /** No command is carried out and no answer comes after it; what was committed is on disk. */
  readonly kill: () => void;
};

/**
 * The real store, its worker's part in this thread: the same commands, the same transactions, but the same order
 * of events for the same seed. Nothing is synced, because here the process dies and never the machine.
 */
export function openLifeStore(dataDir: string, openedAt: number): LifeStore {
  const db = openDatabase(join(dataDir, "pylone.db"));
  db.pragma("synchronous = OFF");
  migrate(db);
  const set = createCommands(db, openedAt);
  const committer = new Committer(db, set, () => false);
  const worker = new EventEmitter();
  let alive = true;
  const post = (message: ToWorker) => {
    if (!alive || message.is !== "requests") return;
    const answer = committer.run(structuredClone(message.requests));
    setImmediate(() => {
      if (alive) worker.emit("message", { is: "answer", answer: structuredClone(answer) });
    });
  };
  const shim = Object.assign(worker, { postMessage: post, terminate: () => Promise.resolve(0) });
  // How long a commit really takes is no part of a life that a seed decides.
  const clock: Clock = { ...systemClock, monotonicMs: () => 0 };
  const store = new StoreClient(shim as unknown as Worker, {
    newestKey: set.newestKey,
    clock,
    onFatal: (fault) => {
      throw fault;
    },
  });
  return {
    store,
    kill: () => {
      alive = false;
      db.close();
    },
  };
}
