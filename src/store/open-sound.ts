/**
 * Opens the database as something that can be relied on, or says why not. What is damaged is saved as far as it can
 * be read and put in its place, and where that is nothing the newest backup that is whole; that is an event, in the
 * database itself. A database that is damaged once more right afterwards is on a disk that is worn out: then the start
 * is refused.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { epochOfKey } from "../runtime/ids.ts";
import { type BackupPlace, keptBackups } from "./backup-folder.ts";
import { type CommandSet, createCommands } from "./commands.ts";
import { unmarkDamaged, whyDamaged, whyNotToOpen } from "./damage.ts";
import { type Database, openDatabase } from "./database.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { writeHolder } from "./holder.ts";
import { type Restored, restore } from "./restore.ts";
import { salvage } from "./salvage.ts";
import { tellGone, tellSalvaged } from "./salvage-told.ts";
import { migrate } from "./schema.ts";
import { finishSwap } from "./swap-in.ts";

export type SoundStore = {
  readonly db: Database;
  readonly set: CommandSet;
  /** What was saved and what was lost, in words; null when nothing was damaged or gone. */
  readonly salvaged: string | null;
};

type Options = {
  readonly dataDir: string;
  readonly openedAt: number;
  /** Null: no backup is looked for. */
  readonly backups: BackupPlace | null;
};

export function openSound(options: Options, onDamage: (reason: string) => void): SoundStore {
  const { dataDir, openedAt, backups } = options;
  finishSwap(dataDir);
  const isGone = !existsSync(join(dataDir, "pylone.db")) && existsSync(join(dataDir, "settings.json"));
  const opened = open(options);
  if (!("damage" in opened)) {
    unmarkDamaged(dataDir);
    return isGone ? told(opened, tellGone(dataDir, backups), openedAt) : { ...opened, salvaged: null };
  }
  onDamage(opened.damage);
  const found = salvage(dataDir, openedAt, () => restoreNewest(options));
  unmarkDamaged(dataDir);
  const again = open(options);
  if ("damage" in again) throw wornOut(dataDir, again.damage);
  const newestAt = epochOfKey(again.set.newestKey);
  return told(again, tellSalvaged(opened.damage, found, { place: backups, newestAt }), openedAt);
}

function told({ db, set }: Sound, text: string, at: number): SoundStore {
  db.transaction(() => set.commands.addEvent({ type: "store.salvaged", level: "error", at, text }))();
  set.undo.forget();
  return { db, set, salvaged: text };
}

/** What waited then may have been sent since: it fails, as with `pylone restore`. Null: there is none that is whole. */
function restoreNewest({ dataDir, openedAt, backups }: Options): Restored | null {
  for (const { file } of backups === null ? [] : keptBackups(backups.folder)) {
    try {
      return restore({ file, dataDir, at: openedAt, queued: "fail", force: true, isDamaged: true });
    } catch (error) {
      if (!(error instanceof Fault && ["backup.invalid", "store.newer"].includes(error.code))) throw error;
    }
  }
  return null;
}

type Sound = { readonly db: Database; readonly set: CommandSet };
type Opened = Sound | { readonly damage: string };

function open({ dataDir, openedAt }: Options): Opened {
  const unopened = whyNotToOpen(dataDir);
  if (unopened !== null) return { damage: unopened };
  let db: Database | null = null;
  try {
    db = openDatabase(join(dataDir, "pylone.db"));
    const damage = whyDamaged(db, dataDir);
    if (damage === null) {
      writeHolder(dataDir, openedAt);
      migrate(db);
      return { db, set: createCommands(db, openedAt) };
    }
    db.close();
    return { damage };
  } catch (error) {
    closeAnyhow(db);
    const cause = error instanceof Fault ? error.cause : error;
    if (diskTrouble(cause, () => false) !== "damaged") throw error;
    return { damage: reasonOf(cause) };
  }
}

function closeAnyhow(db: Database | null): void {
  try {
    db?.close();
  } catch {
    // What is wrong with it is known already.
  }
}

function wornOut(dataDir: string, damage: string): Fault {
  return new Fault({
    code: "store.failed",
    disposition: "reject",
    message: `${dataDir}/pylone.db was saved into a new file and is damaged again (${damage}): the disk is worn out, restore a backup on another one`,
  });
}
