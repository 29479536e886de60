/**
 * The folder of the box's own backups: files named by their number, which is their order, and the instant they were
 * made; nothing else is known of them.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Where a start that finds the database damaged looks for a backup, and what `pylone restore` has to be told. */
export type BackupPlace = {
  readonly folder: string;
  /** Null: the one that is found without being named. */
  readonly configFile: string | null;
};

export type KeptBackup = { readonly file: string; readonly madeAt: number };

/** What is kept of them. */
export const BACKUP_FILE = /^pylone-\d{6}-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.backup$/;

/** When it was begun, epoch milliseconds. */
export function instantOf(name: string): number {
  const [day = "", time = ""] = name.slice("pylone-000000-".length, name.indexOf("Z.")).split("T");
  return Date.parse(`${day}T${time.replaceAll("-", ":")}Z`);
}

/** The last one first; none where there is no folder. */
export function keptBackups(folder: string): readonly KeptBackup[] {
  return namesIn(folder)
    .filter((name) => BACKUP_FILE.test(name))
    .sort()
    .reverse()
    .map((name) => ({ file: join(folder, name), madeAt: instantOf(name) }));
}

/** `force`: there are messages from after it. */
export function restoreCommand(file: string, { configFile }: BackupPlace, force: boolean): string {
  const options = [...(force ? ["--force"] : []), ...(configFile === null ? [] : ["--config", configFile])];
  return ["pylone restore", file, ...options].join(" ");
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
