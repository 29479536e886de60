/** The built program where another user can read it: a checkout may lie below a folder that is its owner's alone. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./staged.ts";

const PARTS = ["dist", "systemd", "node_modules", "package.json"];

/** The checkout itself, or a copy below `folder`, which that user can reach. */
export function readableProgram(folder: string, uid: number): string {
  const asked = [
    "--reuid",
    `${uid}`,
    "--clear-groups",
    "cat",
    join(REPOSITORY, "node_modules/koa/package.json"),
  ];
  if (spawnSync("setpriv", asked).status === 0) return REPOSITORY;
  const copy = join(folder, "program");
  mkdirSync(copy);
  for (const part of PARTS) execFileSync("cp", ["-r", join(REPOSITORY, part), copy]);
  execFileSync("chmod", ["-R", "a+rX", copy]);
  return copy;
}
