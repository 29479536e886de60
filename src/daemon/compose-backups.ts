/** The backups, wired: a part of the composition root. */
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { type BackupPlace, keptBackups, restoreCommand } from "../store/backup-folder.ts";
import type { SettingsDocument } from "../store/settings-document.ts";
import type { Store } from "../store/store.ts";
import { Backups } from "./backups.ts";
import { backupFolderOf, type LoadedConfig, SYSTEM_CONFIG_FILE } from "./config.ts";

/** What a start, or whoever else opens the store, has to know of them. */
export function backupPlaceOf({ config, file }: LoadedConfig): BackupPlace {
  return {
    folder: backupFolderOf(config),
    configFile: file === SYSTEM_CONFIG_FILE ? null : file,
  };
}

/** Messages belong to an account: a new one would never see them. Null: there are none. */
export function settingsMend({ newestKey }: Store, loaded: LoadedConfig): string | null {
  if (newestKey === 0) return null;
  const place = backupPlaceOf(loaded);
  const newest = keptBackups(place.folder)[0]?.file ?? "FILE";
  return (
    `the messages in pylone.db belong to its accounts. Put it back, or restore a backup: ` +
    `\`${restoreCommand(newest, place, true)}\` (to begin anew, move pylone.db* away)`
  );
}

export function composeBackups(deps: {
  readonly store: Store;
  readonly settings: { readonly document: SettingsDocument };
  readonly clock: Clock;
  readonly whyClockUntrusted: () => string | null;
  readonly log: Log;
  readonly loaded: LoadedConfig;
}): Backups {
  const { store, settings, clock, whyClockUntrusted, log, loaded } = deps;
  const { backup, dataDir, site } = loaded.config;
  return new Backups({
    store,
    settings,
    clock,
    whyClockUntrusted,
    log,
    config: { ...backup, folder: backupFolderOf(loaded.config) },
    dataDir,
    configFile: loaded.file,
    timeZone: site.timezone,
  });
}
