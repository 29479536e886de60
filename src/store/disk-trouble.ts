/**
 * What an error of SQLite says about the disk, and what follows from it.
 *
 * - `full`, `read-only`: it refuses honestly, nothing of the transaction is on it, and it may pass by itself. Whoever
 *   asked is told, the process goes on.
 * - `damaged`: what is read is not what was written. Going on would write into it and make it worse: the process ends
 *   and the next start saves what can be read (`salvage.ts`).
 * - `failed`: an I/O error, a sync that did not reach the disk. Nobody can say what it holds; the process ends and
 *   recovery at the next start decides.
 * - null: no trouble of the disk, but of the command.
 *
 * A write that the kernel refuses because the file system has become read-only (ext4 does that after an error) is the
 * same `SQLITE_IOERR_WRITE` as one that failed half-way; only the folder itself can tell them apart.
 */
import { accessSync, constants } from "node:fs";
import { sqliteCode } from "./database.ts";

export type DiskTrouble = "full" | "read-only" | "damaged" | "failed";

export function diskTrouble(error: unknown, isReadOnly: () => boolean): DiskTrouble | null {
  const code = sqliteCode(error);
  if (code === null) return null;
  if (code === "SQLITE_FULL") return "full";
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB" || code === "SQLITE_FORMAT")
    return "damaged";
  if (code === "SQLITE_IOERR_READ" || code === "SQLITE_IOERR_SHORT_READ") return "damaged";
  // The file was moved or deleted under the daemon: what is written now reaches nobody.
  if (code === "SQLITE_READONLY_DBMOVED") return "failed";
  const isWrite = ["SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE", "SQLITE_CANTOPEN"].includes(code);
  if ((isWrite || code.startsWith("SQLITE_READONLY")) && isReadOnly()) return "read-only";
  if (code.startsWith("SQLITE_IOERR") || code.startsWith("SQLITE_READONLY") || code === "SQLITE_CANTOPEN")
    return "failed";
  return null;
}

/** Whether the file system of a folder takes no writes at all at present. */
export function isReadOnlyFolder(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EROFS";
  }
}
