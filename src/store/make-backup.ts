/**
 * A backup while the daemon runs: the worker copies its log back and leaves `pylone.db` alone, another process copies
 * the file and checks the copy. Where the disk is full or read-only, the log is copied beside it and copied back there:
 * a worn card is what one wants a backup of. Nothing waits for it, and what was acknowledged before it began is in it.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Fault } from "../runtime/fault.ts";
import type { BackupCommands } from "./backup-commands.ts";
import type { BackupFacts, BackupJob } from "./backup-file.ts";
import { type BackupReply, KEEP } from "./backup-protocol.ts";

export async function makeBackup(options: {
  readonly store: BackupCommands;
  /** Asked once the database holds still, so that what it says is of that instant. */
  readonly job: () => Promise<Omit<BackupJob, "log">>;
  readonly signal: AbortSignal;
  /** Where the compiled program is, for whoever runs from source. */
  readonly processUrl?: URL;
}): Promise<BackupFacts> {
  const { store, signal, processUrl = new URL("./backup-process.js", import.meta.url) } = options;
  const isWhole = await store.holdFile();
  let stayed: Promise<boolean> | null = null;
  const release = () => {
    stayed ??= store.releaseFile();
    return stayed;
  };
  try {
    const job = await options.job();
    return await elsewhere(
      { ...job, log: isWhole ? null : `${job.from}-wal` },
      { url: processUrl, signal, release },
    );
  } finally {
    await release();
  }
}

function elsewhere(
  job: BackupJob,
  options: { readonly url: URL; readonly signal: AbortSignal; readonly release: () => Promise<boolean> },
): Promise<BackupFacts> {
  const { url, signal, release } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [url.pathname], { stdio: ["pipe", "pipe", "inherit"] });
    const kill = () => child.kill("SIGKILL");
    signal.addEventListener("abort", kill);
    if (signal.aborted) kill();
    let outcome: BackupReply | null = null;
    let why = "the process that writes it ended";
    const answer = async (said: BackupReply) => {
      if (said.is !== "copied" && said.is !== "checked") return;
      const isWhole = await release();
      if (!isWhole) why = "so much was written meanwhile that the copy is of no one instant";
      if (!isWhole) kill();
      else if (said.is === "checked") child.stdin.end(`${KEEP}\n`);
    };
    child.once("error", (error) => reject(failed(error.message)));
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", (line) => {
      outcome = JSON.parse(line) as BackupReply;
      answer(outcome).catch(kill);
    });
    child.once("close", () => {
      signal.removeEventListener("abort", kill);
      if (outcome?.is === "made") return resolve(outcome.facts);
      if (signal.aborted) return reject(failed("the process stops"));
      reject(failed(outcome?.is === "failed" ? outcome.reason : why));
    });
    child.stdin.write(`${JSON.stringify(job)}\n`);
  });
}

function failed(reason: string): Fault {
  return new Fault({ code: "backup.failed", disposition: "retry", message: `no backup was made: ${reason}` });
}
