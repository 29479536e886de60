/**
 * The power fails at every sync of a recorded life, and what is left of the data folder is opened: is everything
 * there that the daemon had given its word for by then?
 *
 * Nothing of the disk gets better between two syncs, while the daemon says ever more; so the moment just before a
 * sync ends is the worst of its stretch, and is tried for all of them. Each is tried twice: with nothing left of
 * what was not synced, and with something left of it, in one of the ways a disk can leave it.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pick, type Random } from "../../src/line/simulator/random.ts";
import { reasonOf } from "../../src/runtime/fault.ts";
import { ALL_LEFT, Disk, type Leftovers, NOTHING_LEFT, ONLY_NAMES_LEFT } from "./disk.ts";
import { brokenPromises, type Left, readLeft } from "./left.ts";
import type { Promised } from "./promises.ts";
import type { Deed } from "./recording.ts";

export type Cut = { readonly position: number; readonly how: string; readonly leftovers: Leftovers };

export type CutsReport = {
  /** Syncs, and folders that were opened. */
  readonly moments: number;
  readonly opened: number;
  readonly problems: readonly string[];
};

/** `root` is the recorded folder, with the data folder `data` in it; `scratch` a fast place. */
export async function judgeCuts(options: {
  readonly deeds: readonly Deed[];
  readonly promises: readonly Promised[];
  readonly root: string;
  readonly scratch: string;
  readonly random: Random;
}): Promise<CutsReport> {
  const { deeds, promises, root, scratch, random } = options;
  const disk = new Disk(root);
  const problems: string[] = [];
  let moments = 0;
  let opened = 0;
  for (const deed of deeds) {
    const isLast = deed.position === deeds.length - 1;
    if (deed.is === "sync-end" || isLast) {
      moments += 1;
      const given = promises.filter(({ position }) => position < deed.position);
      for (const cut of [
        { position: deed.position, how: "nothing is left of what was not synced", leftovers: NOTHING_LEFT },
        { position: deed.position, ...someLeft(random) },
      ]) {
        opened += 1;
        const found = await broken(disk, cut, { given, scratch });
        problems.push(...found.map((each) => `cut at ${cut.position}, ${cut.how}: ${each}`));
      }
    }
    disk.do(deed);
  }
  return { moments, opened, problems };
}

/** What a power cut at `position` leaves, as a folder. */
export function leaveAt(deeds: readonly Deed[], root: string, { position, leftovers }: Cut, folder: string) {
  const disk = new Disk(root);
  for (const deed of deeds.slice(0, position)) disk.do(deed);
  mkdirSync(folder, { recursive: true });
  disk.leave(folder, leftovers);
}

export function someLeft(random: Random): Omit<Cut, "position"> {
  const share = pick(random, [0.1, 0.5, 0.9]);
  const torn = () => random() < share;
  return pick<Omit<Cut, "position">>(random, [
    {
      how: `${share * 100} % of what was not synced is left`,
      leftovers: { name: torn, sector: torn, size: torn },
    },
    {
      how: "names are left, and half of the sectors",
      leftovers: { ...ONLY_NAMES_LEFT, sector: () => random() < 0.5 },
    },
    { how: "names are left, without octets", leftovers: ONLY_NAMES_LEFT },
    { how: "everything is left", leftovers: ALL_LEFT },
  ]);
}

async function broken(
  disk: Disk,
  { leftovers }: Cut,
  { given, scratch }: { readonly given: readonly Promised[]; readonly scratch: string },
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(scratch, "cut-"));
  try {
    disk.leave(folder, leftovers);
    let left: Left;
    try {
      left = await readLeft(join(folder, "data"));
    } catch (error) {
      return [`it cannot be opened: ${reasonOf(error)}`];
    }
    return brokenPromises(left, given);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
