/**
 * Prints `AC…:token` as `curl -u` takes it, of the main account or of its test credentials. A service has no
 * terminal to print its token to at first start, and the journal is no place for one: this reads the settings
 * document, which the daemon's own user may read.
 */
import { loadConfig } from "../daemon/config.ts";
import { EXIT, exitCodeOf } from "../daemon/exit-codes.ts";
import { reasonOf } from "../runtime/fault.ts";
import { readSettings } from "../store/settings.ts";
import type { AccountRecord } from "../store/settings-document.ts";
import type { Surroundings } from "./surroundings.ts";

export async function credentials(
  command: { readonly config: string | null; readonly test: boolean; readonly json: boolean },
  { environment, workingFolder, print, complain }: Surroundings,
): Promise<number> {
  try {
    const { config } = loadConfig({ argument: command.config, environment, workingFolder });
    const account = command.test
      ? ((await mainAccountIn(config.dataDir))?.test ?? null)
      : (config.account ?? (await mainAccountIn(config.dataDir)));
    if (account === null) {
      complain(`pylone: there is no account in ${config.dataDir} yet; the first \`pylone serve\` makes it\n`);
      return EXIT.noInput;
    }
    const { sid, authToken } = account;
    print(command.json ? `${JSON.stringify({ sid, authToken })}\n` : `${sid}:${authToken}\n`);
    return EXIT.ok;
  } catch (error) {
    const code = exitCodeOf(error);
    const mend =
      code === EXIT.noPermission ? "; run this as the user the daemon runs as (sudo -u pylone …)" : "";
    complain(`pylone: ${reasonOf(error)}${mend}\n`);
    return code;
  }
}

async function mainAccountIn(dataDir: string): Promise<AccountRecord | null> {
  return (await readSettings(dataDir))?.accounts[0] ?? null;
}
