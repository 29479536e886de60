/**
 * The store's thread: the only one that opens `pylone.db` (DESIGN §4.5). It takes whatever has come in, commits
 * it as one transaction, and answers; what comes in during a sync is the next transaction. The slower the disk,
 * the larger the transactions, and the main thread never waits for either.
 */
import { join } from "node:path";
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { createCommands } from "./commands.ts";
import { Committer } from "./committer.ts";
import { checkpoint, type Database, openDatabase } from "./database.ts";
import { describeHolder, writeHolder } from "./holder.ts";
import type { FromWorker, Request, ToWorker, WorkerOptions } from "./protocol.ts";
import { migrate } from "./schema.ts";

function serve(port: MessagePort, options: WorkerOptions): void {
  const post = (message: FromWorker) => port.postMessage(message);
  const opened = open(options, post);
  if (opened === null) {
    port.close();
    return;
  }
  const { db, committer } = opened;

  const onMessage = (first: ToWorker) => {
    const { requests, turns, close } = drain(port, first);
    try {
      if (requests.length > 0) post({ is: "answer", answer: committer.run(requests) });
      checkpoint(db);
      for (let turn = 0; turn < turns; turn++) post({ is: "turned" });
      if (!close) return;
      db.close();
      post({ is: "closed" });
    } catch (error) {
      post({ is: "failed", reason: reasonOf(error) });
    }
    port.off("message", onMessage);
    port.close();
  };
  port.on("message", onMessage);
}

function open(
  options: WorkerOptions,
  post: (message: FromWorker) => void,
): { db: Database; committer: Committer } | null {
  try {
    const db = openDatabase(join(options.dataDir, "pylone.db"));
    writeHolder(options.dataDir, options.openedAt);
    migrate(db);
    const set = createCommands(db, options.openedAt);
    post({ is: "opened", newestKey: set.newestKey });
    return { db, committer: new Committer(db, set) };
  } catch (error) {
    post({ is: "refused", fault: refusal(error, options.dataDir) });
    return null;
  }
}

function refusal(error: unknown, dataDir: string): Extract<FromWorker, { is: "refused" }>["fault"] {
  if (!(error instanceof Fault)) {
    const message = `${dataDir} cannot be opened: ${reasonOf(error)}`;
    return { code: "store.failed", disposition: "reject", message };
  }
  const { code, disposition, message } = error;
  if (code !== "store.locked") return { code, disposition, message };
  return {
    code,
    disposition,
    message: `the data folder ${dataDir} is held by ${describeHolder(dataDir)}: stop it first, or use another data folder`,
  };
}

/** Everything that is in the inbox now, in order. Nothing is sent after a close. */
function drain(
  port: MessagePort,
  first: ToWorker,
): { requests: readonly Request[]; turns: number; close: boolean } {
  const requests: Request[] = [];
  let turns = 0;
  let next: ToWorker | undefined = first;
  while (next !== undefined) {
    if (next.is === "close") return { requests, turns, close: true };
    if (next.is === "turn") turns++;
    else requests.push(...next.requests);
    next = receiveMessageOnPort(port)?.message as ToWorker | undefined;
  }
  return { requests, turns, close: false };
}

if (parentPort !== null) serve(parentPort, workerData as WorkerOptions);
