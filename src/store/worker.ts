/**
 * The store's thread: the only one that opens `pylone.db` (DESIGN §4.5). It takes whatever has come in, commits
 * it as one transaction, and answers; what comes in during a sync is the next transaction. The slower the disk,
 * the larger the transactions, and the main thread never waits for either.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { Committer, TransactionLost } from "./committer.ts";
import { markDamaged } from "./damage.ts";
import type { Database } from "./database.ts";
import { diskTrouble, isReadOnlyFolder } from "./disk-trouble.ts";
import { HeldFile } from "./held-file.ts";
import { describeHolder } from "./holder.ts";
import { openSound } from "./open-sound.ts";
import type { FromWorker, Request, ToWorker, WorkerOptions } from "./protocol.ts";

function serve(port: MessagePort, options: WorkerOptions): void {
  const post = (message: FromWorker) => port.postMessage(message);
  const opened = open(options, post);
  if (opened === null) {
    port.close();
    return;
  }
  const { db, committer } = opened;

  const file = new HeldFile(db, options.dataDir);
  const onMessage = (first: ToWorker) => {
    const { requests, turns, after } = drain(port, first);
    try {
      if (requests.length > 0) post({ is: "answer", answer: committer.run(requests) });
      if (after === "hold") post({ is: "held", ok: file.hold() });
      if (after === "release") post({ is: "released", ok: file.release() });
      file.checkpoint();
      for (let turn = 0; turn < turns; turn++) post({ is: "turned" });
      if (after !== "close") return;
      db.close();
      post({ is: "closed" });
    } catch (error) {
      if (isDamage(error)) markDamaged(options.dataDir, reasonOf(error));
      post({ is: "failed", reason: reasonOf(error) });
    }
    port.off("message", onMessage);
    port.close();
  };
  port.on("message", onMessage);
}

function isDamage(error: unknown): boolean {
  return error instanceof TransactionLost
    ? error.trouble === "damaged"
    : diskTrouble(error, () => false) === "damaged";
}

function open(
  options: WorkerOptions,
  post: (message: FromWorker) => void,
): { db: Database; committer: Committer } | null {
  try {
    const { db, set, salvaged } = openSound(options, (reason) => post({ is: "salvaging", reason }));
    post({ is: "opened", newestKey: set.newestKey, salvaged });
    return { db, committer: new Committer(db, set, () => isReadOnlyFolder(options.dataDir)) };
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

/** What is in the inbox now, in order, up to what is not a command. Nothing is sent after a close. */
function drain(
  port: MessagePort,
  first: ToWorker,
): { requests: readonly Request[]; turns: number; after: "hold" | "release" | "close" | null } {
  const requests: Request[] = [];
  let turns = 0;
  let next: ToWorker | undefined = first;
  while (next !== undefined) {
    if (next.is === "turn") turns++;
    else if (next.is === "requests") requests.push(...next.requests);
    else return { requests, turns, after: next.is };
    next = receiveMessageOnPort(port)?.message as ToWorker | undefined;
  }
  return { requests, turns, after: null };
}

if (parentPort !== null) serve(parentPort, workerData as WorkerOptions);
