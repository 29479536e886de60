/** `pylone config check`: everything that is wrong with the configuration, at once, without starting anything. */
import { existsSync } from "node:fs";
import { backupFolderOf, type LoadedConfig, loadConfig, WrongConfig } from "../daemon/config.ts";
import type { Config } from "../daemon/config-schema.ts";
import { EXIT, exitCodeOf } from "../daemon/exit-codes.ts";
import { checkPemFiles } from "../daemon/read-pem.ts";
import { Fault, reasonOf } from "../runtime/fault.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument } from "./table.ts";

export type ConfigCheck = { readonly config: string | null; readonly json: boolean };

export type ConfigFindings = {
  /** Null when it cannot be used at all. */
  readonly loaded: LoadedConfig | null;
  /** Null: the built-in configuration. */
  readonly file: string | null;
  /** Each a sentence: key, place, what is wrong, the mend. */
  readonly problems: readonly string[];
  /** What may be in order by the time the daemon starts: devices that are not there. */
  readonly warnings: readonly string[];
  /** This user may not read the file. */
  readonly isUnreadable: boolean;
};

export async function configCheck(
  { config, json }: ConfigCheck,
  surroundings: Surroundings,
): Promise<number> {
  const { print, complain } = surroundings;
  const { loaded, file, problems, warnings, isUnreadable } = checkConfiguration(config, surroundings);
  const code = isUnreadable ? EXIT.noPermission : problems.length > 0 ? EXIT.config : EXIT.ok;
  if (json) {
    const folders = loaded === null ? { dataDir: null, backupFolder: null } : foldersOf(loaded.config);
    print(jsonDocument({ file, ok: problems.length === 0, problems, warnings, ...folders }));
    return code;
  }
  for (const problem of problems) complain(`${problem}\n`);
  for (const warning of warnings) complain(`warning: ${warning}\n`);
  const where = file ?? "the built-in configuration";
  if (loaded !== null && problems.length === 0) {
    const { lines } = loaded.config;
    print(`${where}: in order, ${lines.length} ${lines.length === 1 ? "line" : "lines"}\n`);
  }
  return code;
}

/** Absolute; what is installed around the program (systemd/) has to allow them. */
function foldersOf(config: Config): { readonly dataDir: string; readonly backupFolder: string } {
  return { dataDir: config.dataDir, backupFolder: backupFolderOf(config) };
}

export function checkConfiguration(config: string | null, surroundings: Surroundings): ConfigFindings {
  const { environment, workingFolder } = surroundings;
  let loaded: LoadedConfig;
  try {
    loaded = loadConfig({ argument: config, environment, workingFolder });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const found = error instanceof WrongConfig ? error : null;
    return {
      loaded: null,
      file: found?.file ?? null,
      problems: found === null ? [reasonOf(error)] : [...found.problems, ...found.beyond(checkPemFiles)],
      warnings: [],
      isUnreadable: exitCodeOf(error.cause) === EXIT.noPermission,
    };
  }
  const wrong: Parameters<LoadedConfig["refusal"]>[0][number][] = [];
  checkPemFiles(loaded.config, (path, text) => wrong.push({ path, text }));
  const problems = wrong.length === 0 ? [] : loaded.refusal(wrong).problems;
  const warnings = loaded.config.lines.flatMap((line) =>
    line.type === "modem" && line.device.startsWith("/") && !existsSync(line.device)
      ? [
          `line ${line.name}: ${line.device} is not there now; it is waited for, \`pylone modems\` shows what is there`,
        ]
      : [],
  );
  return { loaded, file: loaded.file, problems, warnings, isUnreadable: false };
}
