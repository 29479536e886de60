/**
 * The process in which a backup is written, so that neither its copying nor its checking is felt anywhere else. Its
 * first line of input is the job. It says `copied` when the database need not hold still any more, `checked` when the
 * copy is whole, and keeps it when it is told to: a daemon that died meanwhile vouches for nothing.
 */
import { readSync } from "node:fs";
import { setPriority } from "node:os";
import { reasonOf } from "../runtime/fault.ts";
import { type BackupJob, writeBackup } from "./backup-file.ts";
import { type BackupReply, KEEP } from "./backup-protocol.ts";

function reply(message: BackupReply): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Waits for it; what has come when the input ended. */
function readLine(): string {
  const octets: number[] = [];
  const octet = Buffer.alloc(1);
  while (readSync(0, octet) === 1 && octet[0] !== 10) octets.push(octet[0] ?? 0);
  return Buffer.from(octets).toString("utf8");
}

function run(): void {
  setPriority(10);
  try {
    const job = JSON.parse(readLine()) as BackupJob;
    const facts = writeBackup(
      job,
      () => reply({ is: "copied" }),
      () => {
        reply({ is: "checked" });
        return readLine() === KEEP;
      },
    );
    reply({ is: "made", facts });
  } catch (error) {
    reply({ is: "failed", reason: reasonOf(error) });
  }
}

run();
