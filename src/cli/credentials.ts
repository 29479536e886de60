/**
 * Prints `AC…:token` as `curl -u` takes it. A service has no terminal to print its token to at first start, and
 * the journal is no place for one: this reads the settings document, which the daemon's own user may read.
 */
import { loadConfig } from "../daemon/config.ts";
import { EXIT, exitCodeOf } from "../daemon/exit-codes.ts";
import { reasonOf } from "../runtime/fault.ts";
import { readSettings } from "../store/settings.ts";
import type { Surroundings } from "./surroundings.ts";

export async function credentials(
  command: { readonly config: string | null },
  { environment, workingFolder, print, complain }: Surroundings,
): Promise<number> {
  try {
    const { config } = loadConfig({ argument: command.config, environment, workingFolder });
    const account = config.account ?? (await accountIn(config.dataDir));
    if (account === null) {
      complain(`pylone: there is no account in ${config.dataDir} yet; the first \`pylone serve\` makes it\n`);
      return EXIT.noInput;
    }
    print(`${account.sid}:${account.authToken}\n`);
    return EXIT.ok;
  } catch (error) {
    const code = exitCodeOf(error);
    const mend =
      code === EXIT.noPermission ? "; run this as the user the daemon runs as (sudo -u pylone …)" : "";
    complain(`pylone: ${reasonOf(error)}${mend}\n`);
    return code;
  }
}

async function accountIn(dataDir: string): Promise<{ sid: string; authToken: string } | null> {
  return (await readSettings(dataDir))?.accounts[0] ?? null;
}
