/** The backups, wired: a part of the composition root. */
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { SettingsDocument } from "../store/settings-document.ts";
import type { Store } from "../store/store.ts";
import { Backups } from "./backups.ts";
import { backupFolderOf, type LoadedConfig } from "./config.ts";

export function composeBackups(deps: {
  readonly store: Store;
  readonly settings: { readonly document: SettingsDocument };
  readonly clock: Clock;
  readonly log: Log;
  readonly loaded: LoadedConfig;
}): Backups {
  const { store, settings, clock, log, loaded } = deps;
  const { backup, dataDir, site } = loaded.config;
  return new Backups({
    store,
    settings,
    clock,
    log,
    config: { ...backup, folder: backupFolderOf(loaded.config) },
    dataDir,
    configFile: loaded.file,
    timeZone: site.timezone,
  });
}
