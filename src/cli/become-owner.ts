/**
 * What writes into the data folder beside a stopped daemon writes as the folder's owner: a file that root leaves there
 * the daemon's own user cannot open, and it would not start again.
 */
import { stat } from "node:fs/promises";

type Owner = { readonly uid: number; readonly gid: number };

/** From here on this process is the folder's owner. Only root can and has to. */
export async function becomeOwnerOf(dataDir: string): Promise<void> {
  const owner = ownerToBecome(process.getuid?.() ?? null, await stat(dataDir));
  if (owner === null) return;
  process.setgroups?.([owner.gid]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
}

/** Null where nothing is to change. */
export function ownerToBecome(self: number | null, { uid, gid }: Owner): Owner | null {
  return self === 0 && uid !== 0 ? { uid, gid } : null;
}
