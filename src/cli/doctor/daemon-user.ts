/**
 * The user the daemon runs as: the owner of the data folder. Root may open everything, so what root may says nothing
 * of what the daemon gets; the kernel is asked in a process that has become that user, its groups and all, which knows
 * of access lists what no reading of modes does.
 */
import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";

export type DaemonUser = { readonly uid: number; readonly gid: number; readonly name: string };

/** Null where this process is as good as the daemon: it is not root, or the folder is root's, or not there yet. */
export async function daemonUserOf(dataDir: string): Promise<DaemonUser | null> {
  const owner = await stat(dataDir).catch(() => null);
  if (process.getuid?.() !== 0 || owner === null || owner.uid === 0) return null;
  return { uid: owner.uid, gid: owner.gid, name: await nameOf("passwd", owner.uid) };
}

/** Its number where it has no name. */
export async function nameOf(table: "passwd" | "group", id: number): Promise<string> {
  const rows = (await readFile(`/etc/${table}`, "utf8").catch(() => "")).split("\n");
  const row = rows.map((line) => line.split(":")).find(([, , number]) => number === String(id));
  return row?.[0] ?? String(id);
}

// A user that the machine's tables do not have has no group but its own.
const AS_THAT_USER = `const { uid, gid, path } = JSON.parse(process.argv[1]);
try { process.initgroups(uid, gid); } catch { process.setgroups([gid]); }
process.setgid(gid);
process.setuid(uid);
const { accessSync, constants } = require("node:fs");
try { accessSync(path, constants.R_OK | constants.W_OK); } catch { process.exit(13); }`;

/** Whether it may read and write there; a folder on the way counts. Rejects where it cannot be told. */
export async function mayUse(path: string, { uid, gid }: DaemonUser): Promise<boolean> {
  const asked = JSON.stringify({ uid, gid, path });
  try {
    await promisify(execFile)(process.execPath, ["-e", AS_THAT_USER, asked], { cwd: "/" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === 13) return false;
    throw error;
  }
}
