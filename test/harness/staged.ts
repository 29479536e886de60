/** An installation below a folder of the test's own (DESTDIR), and a view of this machine in which it is installed. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

export type Ran = { readonly status: number | null; readonly out: string; readonly err: string };

export function run(command: string, args: readonly string[], env: Record<string, string> = {}): Ran {
  const { PATH = "", HOME = "" } = process.env;
  const ran: SpawnSyncReturns<string> = spawnSync(command, args, {
    cwd: REPOSITORY,
    encoding: "utf8",
    env: { PATH, HOME, ...env },
    input: "",
  });
  if (ran.error !== undefined) throw ran.error;
  return { status: ran.status, out: ran.stdout, err: ran.stderr };
}

export function install(root: string, ...args: string[]): Ran {
  return run("bash", ["systemd/install.sh", ...args], { DESTDIR: root });
}

/** Runs where folders stand over others (`from` over `to`), which nobody else sees: a mount namespace. */
export function runWith(mounts: readonly (readonly [string, string])[], script: string): Ran {
  const over = mounts.map(([from, to]) => `mount --bind '${from}' '${to}'`);
  return run("unshare", ["--mount", "sh", "-ec", [...over, script].join("\n")]);
}
