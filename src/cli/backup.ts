/**
 * `pylone backup FILE`: of a daemon that runs, through its API; of one that does not, by itself, with the data folder
 * locked so that none starts meanwhile. FILE is there whole or not at all, for its owner alone.
 */
import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LoadedConfig } from "../daemon/config.ts";
import { EXIT } from "../daemon/exit-codes.ts";
import { systemClock } from "../runtime/clock.ts";
import { Fault } from "../runtime/fault.ts";
import type { BackupFacts } from "../store/backup-file.ts";
import { backUpAsItIs, backUpStopped } from "../store/backup-stopped.ts";
import { ApiClient } from "./api-client.ts";
import { configurationOf, connectionOf } from "./connection.ts";
import { Failure } from "./failure.ts";
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
  if (existsSync(file) && !asked.force)
    throw new Failure(EXIT.inTheWay, `${file} is there already: take another name, or --force to replace it`);
  if (!existsSync(join(loaded.config.dataDir, "pylone.db")))
    throw new Failure(EXIT.noInput, `there is nothing in ${loaded.config.dataDir} yet`);
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
 * The daemon keeps its own copy in its folder of backups, as it does each night. Where that is full, or takes no writes,
 * the files are copied to where there is room.
 */
async function through(loaded: LoadedConfig, file: string): Promise<Made> {
  const { config } = loaded;
  const client = new ApiClient(await connectionOf(config));
  let view = await client.post<BackupView & { size: number }>("/appliance/v1/Backups", {});
  while (view.status === "making") {
    await systemClock.sleep(LOOK_MS);
    view = await client.get(`/appliance/v1/Backups/${view.name}`);
  }
  if (view.status !== "complete") return madeOf(file, backUpAsItIs(jobOf(loaded, file)));
  const folder = config.backup.folder ?? join(config.dataDir, "backups");
  const unfinished = `${file}.part`;
  try {
    copyFileSync(join(folder, view.name), unfinished);
    chmodSync(unfinished, 0o600);
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return { file, size: view.size, damage: null };
}
