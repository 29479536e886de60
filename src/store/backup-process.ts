/**
 * The process in which a backup is written, so that neither its copying nor its checking is felt anywhere else. Reads
 * the job from standard input; says `copied` when the database need not hold still any more, then what came of it.
 */
import { readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { reasonOf } from "../runtime/fault.ts";
import { type BackupJob, writeBackup } from "./backup-file.ts";

export type BackupReply =
  | { readonly is: "copied" }
  | { readonly is: "made"; readonly facts: ReturnType<typeof writeBackup> }
  | { readonly is: "failed"; readonly reason: string };

const reply = (message: BackupReply) => process.stdout.write(`${JSON.stringify(message)}\n`);

setPriority(10);
try {
  const job = JSON.parse(readFileSync(0, "utf8")) as BackupJob;
  const facts = writeBackup(job, () => reply({ is: "copied" }));
  reply({ is: "made", facts });
} catch (error) {
  reply({ is: "failed", reason: reasonOf(error) });
}
