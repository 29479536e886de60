/** What a start that found the database damaged, or gone, tells the operator: what there is, what is lost, the mend. */
import { type BackupPlace, keptBackups, restoreCommand } from "./backup-folder.ts";
import type { Restored } from "./restore.ts";
import { isNothing, type Salvage } from "./salvage.ts";

type Found = Salvage & { readonly aside: string; readonly instead: Restored | null };

/** `newestAt`: of the Messages that were saved, epoch milliseconds. */
export function tellSalvaged(
  damage: string,
  found: Found,
  { place, newestAt }: { readonly place: BackupPlace | null; readonly newestAt: number },
): string {
  const said = [
    `pylone.db was damaged (${damage}).`,
    ...(isNothing(found) ? toldNothing(found) : toldSaved(found)),
    `The damaged files are kept in ${found.aside}; remove that folder when nobody needs it.`,
    ...(found.instead === null ? toldBackup(place, newestAt) : []),
  ];
  return said.join(" ");
}

export function tellGone(dataDir: string, place: BackupPlace | null): string {
  return [
    `${dataDir}/pylone.db is gone, settings.json beside it is not: an empty one was begun, without what waited and what was kept.`,
    ...toldBackup(place, 0),
  ].join(" ");
}

function toldNothing({ pages, instead }: Found): string[] {
  const nothing = `Nothing could be saved: ${unread(pages)}.`;
  if (instead === null) return [nothing, "An empty one was begun."];
  const { madeAt, messages, failed, waiting } = instead;
  return [
    nothing,
    `It was restored from the backup of ${iso(madeAt)}: ${messages} messages; what came and went since is lost.`,
    `${failed} messages that waited then may have been sent since and are failed (30008), ${waiting} wait to be sent.`,
  ];
}

function toldSaved({ saved, lost, waiting, inDoubt, pages, badCells }: Found): string[] {
  const messages = (saved["message_retired"] ?? 0) + (saved["message"] ?? 0);
  return [
    `Saved: ${messages} messages, ${waiting} of them still to be sent, ${saved["webhook"] ?? 0} webhooks and ` +
      `${saved["inbound_segment"] ?? 0} parts of texts that came in;`,
    `${losses(lost, pages.unread === 0 && badCells === 0)}.`,
    ...(pages.unread === 0
      ? []
      : [`Also lost is what stood on pages that are gone: ${unread(pages)}${density(messages, pages)}.`]),
    ...(badCells === 0 ? [] : [`${badCells} entries on other pages could not be read.`]),
    ...(inDoubt === 0 ? [] : [`${inDoubt} segments were on the wire and are sent again.`]),
  ];
}

function losses(lost: Salvage["lost"], isAll: boolean): string {
  const named = [
    ...counted(
      lost["message"],
      "message that was to be sent or on its way",
      "messages that were to be sent or on their way",
    ),
    ...counted(lost["webhook"], "webhook", "webhooks"),
    ...counted(lost["message_retired"], "finished message", "finished messages"),
    ...counted(sumOfOthers(lost), "other row", "other rows"),
  ];
  if (named.length > 0) return `lost: ${isAll ? "" : "at least "}${named.join(", ")}`;
  return isAll ? "no row is known to be lost" : "which rows are lost is not known";
}

/** In a file that was cut, beyond its end; elsewhere, emptied or overwritten. */
function unread({ all, missing, unread: count }: Salvage["pages"]): string {
  if (all === 0) return "the file is empty, and how many rows stood in it is not known";
  const end = missing === 0 ? "" : `, ${missing} of them because the file's end is missing`;
  return `${count} of ${all} pages could not be read${end}; how many rows stood there is not known`;
}

/** The one thing that can be said about what nobody has seen. */
function density(messages: number, { all, unread: count }: Salvage["pages"]): string {
  const read = all - count;
  return read === 0 || count < read / 10
    ? ""
    : ` (the ${read} that could be read have ${messages} messages on them)`;
}

function toldBackup(place: BackupPlace | null, newestAt: number): string[] {
  if (place === null) return [];
  const [newest] = keptBackups(place.folder);
  if (newest === undefined)
    return [
      `There is no backup in ${place.folder}; if there is one elsewhere, stop pylone and \`${restoreCommand("FILE", place, true)}\`.`,
    ];
  const command = restoreCommand(newest.file, place, newestAt >= newest.madeAt);
  return [`The newest backup is of ${iso(newest.madeAt)}: to go back to it, stop pylone and \`${command}\`.`];
}

function counted(count: number | undefined, one: string, more: string): string[] {
  if (count === undefined || count === 0) return [];
  return [`${count} ${count === 1 ? one : more}`];
}

function sumOfOthers(lost: Salvage["lost"]): number {
  const named = ["message", "webhook", "message_retired"];
  return Object.entries(lost).reduce((sum, [table, count]) => sum + (named.includes(table) ? 0 : count), 0);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
