/**
 * `pylone restore FILE`: puts a backup in the place of the data folder, which no daemon may hold. The configuration in
 * it is written only where there is none: what stands in a file somebody may have changed on purpose.
 */
import { chmodSync, chownSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { LoadedConfig } from "../daemon/config.ts";
import { EXIT } from "../daemon/exit-codes.ts";
import { systemClock } from "../runtime/clock.ts";
import { readBackup } from "../store/backup-file.ts";
import { type Restored, restore as restoreInto } from "../store/restore.ts";
import { toOwnerOf } from "../store/swap-in.ts";
import { configurationOf } from "./connection.ts";
import { Failure } from "./failure.ts";
import { fileFailure, placeOf } from "./files.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument } from "./table.ts";

export type AskedRestore = {
  readonly file: string;
  readonly queued: "resend" | "fail";
  readonly force: boolean;
  readonly config: string | null;
  readonly json: boolean;
};

export async function restore(asked: AskedRestore, surroundings: Surroundings): Promise<number> {
  const file = resolve(surroundings.workingFolder, asked.file);
  const { isThere, isFolder } = await placeOf(file);
  if (!isThere) throw new Failure(EXIT.noInput, `there is no file ${file}`);
  if (isFolder) throw new Failure(EXIT.refused, `${file} is a folder: name a backup in it`);
  await access(file, constants.R_OK).catch((error: unknown) => {
    throw fileFailure(`${file} cannot be read`, error);
  });
  const newConfig = await configFromBackup(file, asked.config, surroundings);
  try {
    return await restoreWith(newConfig, { ...asked, file }, surroundings);
  } catch (error) {
    if (newConfig !== null) rmSync(newConfig, { force: true });
    throw error;
  }
}

/** `newConfig`: the path of the one from the backup that was written; null: none was. */
async function restoreWith(
  newConfig: string | null,
  asked: AskedRestore,
  surroundings: Surroundings,
): Promise<number> {
  const loaded = configurationOf(asked.config, surroundings);
  const { dataDir } = loaded.config;
  const { file, queued, force } = asked;
  const restored = restoreInto({ file, dataDir, at: systemClock.now(), queued, force });
  if (newConfig !== null) letRead(newConfig, dataDir);
  const otherConfig = newConfig === null ? keepOther(restored, loaded) : null;
  if (asked.json)
    surroundings.print(jsonDocument({ ...restored, config: newConfig ?? otherConfig, dataDir }));
  else surroundings.print(told(restored, { dataDir, newConfig, otherConfig, queued }));
  return EXIT.ok;
}

/** A machine that has none yet gets the one of the backup; its path, else null. */
async function configFromBackup(
  file: string,
  argument: string | null,
  { workingFolder }: Surroundings,
): Promise<string | null> {
  if (argument === null) return null;
  const path = resolve(workingFolder, argument);
  if ((await placeOf(path)).isThere) return null;
  const { config } = readBackup(file);
  if (config === null) return null;
  try {
    writeFileSync(path, config, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw fileFailure(`${path} cannot be written`, error);
  }
  return path;
}

/** What root has written in `/etc` stays root's, and is read by whoever the data folder belongs to. */
function letRead(configFile: string, dataDir: string): void {
  const { uid, gid } = statSync(dataDir);
  if (process.getuid?.() !== 0 || uid === 0) return;
  chownSync(configFile, 0, gid);
  chmodSync(configFile, 0o640);
}

/** The configuration of the backup beside the data, where it says something else than the one there is. */
function keepOther({ config }: Restored, { config: { dataDir }, file }: LoadedConfig): string | null {
  if (config === null || (file !== null && readFileSync(file, "utf8") === config)) return null;
  const path = join(dataDir, "pylone.yaml.restored");
  writeFileSync(path, config, { mode: 0o600 });
  toOwnerOf(dataDir, path);
  return path;
}

function told(
  { madeAt, messages, failed, waiting, endedRuns, undercounted, aside }: Restored,
  more: {
    readonly dataDir: string;
    readonly newConfig: string | null;
    readonly otherConfig: string | null;
    readonly queued: "resend" | "fail";
  },
): string {
  const { dataDir, newConfig, otherConfig, queued } = more;
  const lines = [
    `${dataDir} is as it was on ${new Date(madeAt).toISOString()}: ${messages} messages, ${waiting} still to be sent`,
    ...(failed === 0
      ? []
      : [
          `${failed} messages waited then and may have been sent since: they are failed with 30008, and their apps are told`,
          "  (`--queued resend` would send them: for a box that sent nothing after its backup)",
        ]),
    ...(endedRuns === 0
      ? []
      : [`${endedRuns} broadcasts were under way then and may have gone on since: they do not go on`]),
    ...(undercounted.length === 0
      ? []
      : [`what ${undercounted.join(", ")} sent since is not counted for the SIM plan: nobody knows it`]),
    ...(queued === "resend" && waiting > 0
      ? ["what waited then is sent, once more where it was sent since"]
      : []),
    ...(aside === null
      ? []
      : [`what was there is in ${join(dataDir, aside)}; remove it when nobody needs it`]),
    ...(newConfig === null ? [] : [`the configuration is in ${newConfig}`]),
    ...(otherConfig === null ? [] : [`the backup has another configuration: ${otherConfig}`]),
    "start it: systemctl start pylone",
  ];
  return lines.map((line) => `${line}\n`).join("");
}
