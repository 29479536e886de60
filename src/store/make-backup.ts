/**
 * A backup while the daemon runs: the worker copies its log back and leaves `pylone.db` alone, another process copies
 * the file and checks the copy. Nothing waits for it, and what was acknowledged before it began is in it.
 */
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Fault } from "../runtime/fault.ts";
import type { BackupCommands } from "./backup-commands.ts";
import type { BackupFacts, BackupJob } from "./backup-file.ts";
import type { BackupReply } from "./backup-process.ts";

export async function makeBackup(options: {
  readonly store: BackupCommands;
  /** Asked once the database holds still, so that what it says is of that instant. */
  readonly job: () => Promise<BackupJob>;
  /** Where the compiled program is, for whoever runs from source. */
  readonly processUrl?: URL;
}): Promise<BackupFacts> {
  const { store } = options;
  await store.holdFile();
  let stayed: Promise<boolean> | null = null;
  const release = () => {
    stayed ??= store.releaseFile();
    return stayed;
  };
  let job: BackupJob;
  let facts: BackupFacts;
  try {
    job = await options.job();
    facts = await elsewhere(
      job,
      options.processUrl ?? new URL("./backup-process.js", import.meta.url),
      release,
    );
  } finally {
    await release();
  }
  if (await release()) return facts;
  await rm(job.to, { force: true });
  throw failed("so much was written meanwhile that the copy is of no one instant");
}

function elsewhere(job: BackupJob, url: URL, onCopied: () => Promise<unknown>): Promise<BackupFacts> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [url.pathname], { stdio: ["pipe", "pipe", "inherit"] });
    let outcome: BackupReply = { is: "failed", reason: "the process that writes it ended" };
    child.once("error", (error) => reject(failed(error.message)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      outcome = JSON.parse(line) as BackupReply;
      if (outcome.is === "copied") onCopied().catch(reject);
    });
    child.once("close", () => {
      if (outcome.is === "made") resolve(outcome.facts);
      else reject(failed(outcome.is === "failed" ? outcome.reason : "the process that writes it ended"));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(job));
  });
}

function failed(reason: string): Fault {
  return new Fault({ code: "backup.failed", disposition: "retry", message: `no backup was made: ${reason}` });
}
