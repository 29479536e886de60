/**
 * `pylone backup FILE`: of a daemon that runs, through its API; of one that does not, by itself, with the data folder
 * locked so that none starts meanwhile. FILE is there whole or not at all, for its owner alone.
 */
import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { join, resolve } from "node:path";
import { backupFolderOf, type LoadedConfig } from "../daemon/config.ts";
import { EXIT } from "../daemon/exit-codes.ts";
import { systemClock } from "../runtime/clock.ts";
import { Fault } from "../runtime/fault.ts";
import type { BackupFacts } from "../store/backup-file.ts";
import { backUpAsItIs, backUpStopped } from "../store/backup-stopped.ts";
import { ApiClient } from "./api-client.ts";
import { configurationOf, connectionOf, reading } from "./connection.ts";
import { Failure } from "./failure.ts";
import { fileFailure, placeOf } from "./files.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument } from "./table.ts";

export type AskedBackup = {
  readonly file: string;
  readonly force: boolean;
  readonly config: string | null;
  readonly json: boolean;
};

type BackupView = { readonly name: string; readonly status: string; readonly reason: string | null };
type Made = { readonly file: string; readonly size: number; readonly damage: string | null };

const LOOK_MS = 250;

export async function backup(asked: AskedBackup, surroundings: Surroundings): Promise<number> {
  const loaded = configurationOf(asked.config, surroundings);
  const file = resolve(surroundings.workingFolder, asked.file);
  await mayWrite(file, asked.force);
  const { dataDir } = loaded.config;
  const database = join(dataDir, "pylone.db");
  await reading(dataDir, () => access(database, constants.R_OK | constants.W_OK).catch(absent(dataDir)));
  const made = await beside(loaded, file).catch((error: unknown) => {
    if (error instanceof Fault && error.code === "store.locked") return through(loaded, file);
    throw error;
  });
  if (asked.json) surroundings.print(jsonDocument(made));
  else surroundings.print(`${file}: ${Math.ceil(made.size / 1e6)} MB, whole\n`);
  if (made.damage === null) return EXIT.ok;
  surroundings.complain(
    `pylone: the database is damaged, and so is this backup of it (${made.damage}); the next \`pylone serve\` saves what can be read\n`,
  );
  return EXIT.failed;
}

/** Before anything is copied: where FILE cannot be, nothing was to be done at all. */
async function mayWrite(file: string, force: boolean): Promise<void> {
  const { folder, isFolder, isThere } = await placeOf(file);
  if (isFolder) throw new Failure(EXIT.inTheWay, `${file} is a folder: name a file in it`);
  if (isThere && !force)
    throw new Failure(EXIT.inTheWay, `${file} is there already: take another name, or --force to replace it`);
  await access(folder, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw fileFailure(`${folder} cannot be written`, error);
  });
}

/** What is there or not yet is the start's business; what may not be looked at is a person's. */
const absent = (dataDir: string) => (error: NodeJS.ErrnoException) => {
  // A disk that takes no writes is copied as it is.
  if (error.code === "EROFS") return;
  if (error.code !== "ENOENT") throw error;
  throw new Failure(EXIT.noInput, `there is nothing in ${dataDir} yet`);
};

async function beside(loaded: LoadedConfig, file: string): Promise<Made> {
  return madeOf(file, await backUpStopped(jobOf(loaded, file)));
}

function jobOf({ config, file: configFile }: Pick<LoadedConfig, "config" | "file">, file: string) {
  return {
    from: join(config.dataDir, "pylone.db"),
    to: file,
    madeAt: systemClock.now(),
    settings: textOf(join(config.dataDir, "settings.json")),
    config: configFile === null ? null : textOf(configFile),
  };
}

function madeOf(file: string, { octets, damage }: BackupFacts): Made {
  return { file, size: octets, damage };
}

function textOf(file: string): string | null {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/**
 * Of the daemon's own copy, which is deleted then: it is no night's. Where it is just making one, that one is copied.
 * Where its disk is full, or takes no writes, the files are copied to where there is room.
 */
async function through(loaded: LoadedConfig, file: string): Promise<Made> {
  const { config } = loaded;
  const client = new ApiClient(await connectionOf(config));
  let view = await client.post<BackupView & { size: number }>("/appliance/v1/Backups", { Keep: "false" });
  while (view.status === "making") {
    await systemClock.sleep(LOOK_MS);
    view = await client.get(`/appliance/v1/Backups/${view.name}`);
  }
  if (view.status !== "complete") return madeOf(file, backUpAsItIs(jobOf(loaded, file)));
  const made = join(backupFolderOf(config), view.name);
  const unfinished = `${file}.part`;
  try {
    copyFileSync(made, unfinished);
    chmodSync(unfinished, 0o600);
    renameSync(unfinished, file);
  } catch (error) {
    throw fileFailure(`${file} cannot be written`, error);
  } finally {
    rmSync(unfinished, { force: true });
    if (view.name.endsWith(".passing")) rmSync(made, { force: true });
  }
  return { file, size: view.size, damage: null };
}
