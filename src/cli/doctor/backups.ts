/** The nightly backups: whether the daemon can write them, whether the last one came to a good end, how old it is. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { backupNames } from "../../daemon/backups.ts";
import type { Config } from "../../daemon/config-schema.ts";
import { reasonOf } from "../../runtime/fault.ts";
import { instantOf } from "../../store/backup-folder.ts";
import type { EventView } from "../views.ts";
import { type DaemonUser, mayUse } from "./daemon-user.ts";
import { type Finding, pass, warn } from "./finding.ts";

/** A night that failed is made up for by the next one. */
const OLD_MS = 2 * 86_400_000;

export type Backed = {
  readonly config: Pick<Config, "backup" | "dataDir">;
  readonly user: DaemonUser | null;
  /** The daemon's last `backup.failed`; null when there is none, or nobody to ask. */
  readonly failure: EventView | null;
  readonly now: number;
};

export async function backupFindings({ config, user, failure, now }: Backed): Promise<Finding[]> {
  const { at, folder = join(config.dataDir, "backups") } = config.backup;
  const about = "backups";
  const why = await whyNotWritable(folder, user);
  if (why !== null)
    return [
      warn(
        about,
        `${folder} cannot be written (${why}): no backup is made`,
        "mend `backup.folder`, plug its disk in, or give the folder to the daemon's user; outside the data folder the unit has to name it too (ReadWritePaths=)",
      ),
    ];
  const newest = (await backupNames(folder)).sort().at(-1) ?? null;
  const madeAt = newest === null ? null : instantOf(newest);
  if (failure !== null && Date.parse(failure.date_created) > (madeAt ?? 0))
    return [
      warn(
        about,
        `the last one failed: ${failure.text}`,
        "mend that, then `pylone backup FILE` shows whether one can be made; the next night tries again",
      ),
    ];
  if (at === "never") return [pass(about, "none is made by itself (`backup.at: never`)")];
  // A box that has just been set up has had no night yet.
  const since =
    madeAt ?? (await stat(join(config.dataDir, "pylone.db")).catch(() => null))?.birthtimeMs ?? now;
  if (now - since <= OLD_MS)
    return [pass(about, newest === null ? `none yet, one is made at ${at}` : `the newest is ${newest}`)];
  const days = Math.floor((now - since) / 86_400_000);
  return [
    warn(
      about,
      newest === null
        ? `there is none in ${folder}, and the box is ${days} days old`
        : `the newest in ${folder} is ${days} days old: ${newest}`,
      `the daemon makes one at ${at}, or when it is on again after it: \`pylone events --type backup.failed\` says why not; \`pylone backup FILE\` makes one now`,
    ),
  ];
}

/** The daemon makes what is missing of the path. */
async function whyNotWritable(folder: string, user: DaemonUser | null): Promise<string | null> {
  let there = folder;
  while ((await stat(there).catch(isMissing)) === null && dirname(there) !== there) there = dirname(there);
  try {
    if (!(await stat(there)).isDirectory()) return `${there} is a file`;
    await access(there, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return WHY[error instanceof Error && "code" in error ? String(error.code) : ""] ?? reasonOf(error);
  }
  if (user === null || (await mayUse(there, user))) return null;
  return `${there} is not ${user.name}'s, as whom the daemon runs`;
}

/** Null for what is not there; what may not be looked at is. */
function isMissing(error: NodeJS.ErrnoException): true | null {
  return error.code === "ENOENT" ? null : true;
}

const WHY: Readonly<Record<string, string>> = {
  EROFS: "its file system is read-only",
  EACCES: "this user may not",
};
