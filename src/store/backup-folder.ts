/** The folder of the box's own backups: files named by the instant they were made, and nothing else is known of them. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Where a start that finds the database damaged looks for a backup, and what `pylone restore` has to be told. */
export type BackupPlace = {
  readonly folder: string;
  /** Null: the one that is found without being named. */
  readonly configFile: string | null;
};

export type KeptBackup = { readonly file: string; readonly madeAt: number };

const FILE = /^pylone-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.backup$/;

export function isBackupName(name: string): boolean {
  return FILE.test(name);
}

export function backupName(madeAt: number): string {
  return `pylone-${new Date(madeAt).toISOString().slice(0, 19).replaceAll(":", "-")}Z.backup`;
}

/** Of a name that is one. */
export function instantOf(name: string): number {
  const [day = "", time = ""] = name.slice("pylone-".length, -"Z.backup".length).split("T");
  return Date.parse(`${day}T${time.replaceAll("-", ":")}Z`);
}

/** Newest first; none where there is no folder. */
export function keptBackups(folder: string): readonly KeptBackup[] {
  return namesIn(folder)
    .filter(isBackupName)
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
