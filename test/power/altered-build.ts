/**
 * The built program with something altered in it, in a package of its own below the true one:
 * `dist/altered/NAME/dist/main.js`.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DIST } from "../harness/program.ts";

/** `from` stands in `file` once, and becomes `to`. */
export type Alteration = { readonly file: string; readonly from: string; readonly to: string };

/** What runs no part of the program. */
const NOT_COPIED = ["altered", "soak", "bench", "torture", ".tsbuildinfo"];

/** The script, relative to dist/. */
export function alterBuild(name: string, alterations: readonly Alteration[]): string {
  const itsPackage = join(DIST, "altered", name);
  const copy = join(itsPackage, "dist");
  rmSync(itsPackage, { recursive: true, force: true });
  for (const entry of readdirSync(DIST).filter((each) => !NOT_COPIED.includes(each)))
    cpSync(join(DIST, entry), join(copy, entry), { recursive: true });
  // The program reads its version from there.
  cpSync(join(DIST, "../package.json"), join(itsPackage, "package.json"));
  for (const { file, from, to } of alterations) {
    const path = join(copy, file);
    const [before, after, more] = readFileSync(path, "utf8").split(from);
    if (before === undefined || after === undefined || more !== undefined)
      throw new Error(`${file} does not have "${from}" once: the alteration ${name} alters nothing`);
    writeFileSync(path, before + to + after);
  }
  return `altered/${name}/dist/main.js`;
}

export function removeAlteredBuilds(): void {
  rmSync(join(DIST, "altered"), { recursive: true, force: true });
}
