/**
 * Opens the database as something that can be relied on, or says why not. What is damaged is saved as far as it can
 * be read and put in its place; that is an event, in the database itself. A database that is damaged once more right
 * afterwards is on a disk that is worn out: then the start is refused.
 */
import { join } from "node:path";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { type CommandSet, createCommands } from "./commands.ts";
import { unmarkDamaged, whyDamaged, whyNotToOpen } from "./damage.ts";
import { type Database, openDatabase } from "./database.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { writeHolder } from "./holder.ts";
import { type Salvage, salvage } from "./salvage.ts";
import { migrate } from "./schema.ts";
import { finishSwap } from "./swap-in.ts";

export type SoundStore = {
  readonly db: Database;
  readonly set: CommandSet;
  /** What was saved and what was lost, in words; null when nothing was damaged. */
  readonly salvaged: string | null;
};

type Options = { readonly dataDir: string; readonly openedAt: number };

export function openSound(options: Options, onDamage: (reason: string) => void): SoundStore {
  const { dataDir, openedAt } = options;
  finishSwap(dataDir);
  const opened = open(options);
  if (!("damage" in opened)) {
    unmarkDamaged(dataDir);
    return { ...opened, salvaged: null };
  }
  onDamage(opened.damage);
  const salvaged = describe(opened.damage, salvage(dataDir, openedAt));
  unmarkDamaged(dataDir);
  const again = open(options);
  if ("damage" in again) throw wornOut(dataDir, again.damage);
  const { db, set } = again;
  db.transaction(() =>
    set.commands.addEvent({ type: "store.salvaged", level: "error", at: openedAt, text: salvaged }),
  )();
  set.undo.forget();
  return { ...again, salvaged };
}

type Opened = { readonly db: Database; readonly set: CommandSet } | { readonly damage: string };

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

function describe(damage: string, { saved, lost, ...facts }: Salvage): string {
  const retired = saved["message_retired"] ?? 0;
  const messages = retired + (saved["message"] ?? 0);
  const losses = [
    ...counted(
      lost["message"],
      "message that was to be sent or on its way",
      "messages that were to be sent or on their way",
    ),
    ...counted(lost["webhook"], "webhook", "webhooks"),
    ...counted(lost["message_retired"], "finished message", "finished messages"),
    ...counted(sumOfOthers(lost), "other row", "other rows"),
  ];
  const named = losses.length === 0 ? "no row is known to be lost" : `lost: ${losses.join(", ")}`;
  return (
    `pylone.db was damaged (${damage}). Saved: ${messages} messages, ${facts.waiting} of them still to be sent, ` +
    `${saved["webhook"] ?? 0} webhooks and ${saved["inbound_segment"] ?? 0} parts of texts that came in; ${named}. ` +
    `${facts.badPages} of ${facts.pageCount} pages could not be read: what stood there is lost. ` +
    (facts.inDoubt === 0 ? "" : `${facts.inDoubt} segments were on the wire and are sent again. `) +
    `The damaged files are kept in ${facts.aside}; remove that folder when nobody needs it.`
  );
}

function counted(count: number | undefined, one: string, more: string): string[] {
  if (count === undefined || count === 0) return [];
  return [`${count} ${count === 1 ? one : more}`];
}

function sumOfOthers(lost: Salvage["lost"]): number {
  const named = ["message", "webhook", "message_retired"];
  return Object.entries(lost).reduce((sum, [table, count]) => sum + (named.includes(table) ? 0 : count), 0);
}

function wornOut(dataDir: string, damage: string): Fault {
  return new Fault({
    code: "store.failed",
    disposition: "reject",
    message: `${dataDir}/pylone.db was saved into a new file and is damaged again (${damage}): the disk is worn out, restore a backup on another one`,
  });
}
