/**
 * The rung outside the modem: a program the operator names, to cut the power of a USB port or pulse a pin. Run by
 * its path and with the configured arguments: no shell, nothing of a message, and of the environment only `PATH`.
 * It has a minute; what it prints is dropped.
 */
import { execFile } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import type { Clock } from "../../../runtime/clock.ts";
import { reasonOf } from "../../../runtime/fault.ts";

const COMMAND_MS = 60_000;

/** How it ended, as the end of a sentence that begins with "the reset command". */
export function runResetCommand(
  argv: readonly string[],
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string> {
  const [file, ...args] = argv;
  if (file === undefined) return Promise.resolve("is empty");
  return new Promise((resolve) => {
    let late = false;
    const child = execFile(
      file,
      args,
      { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }, cwd: "/", maxBuffer: 64 * 1024, windowsHide: true },
      (error) => {
        timer.cancel();
        options.signal.removeEventListener("abort", kill);
        if (late) resolve(`was ended after ${COMMAND_MS / 1000} s`);
        else resolve(error === null ? "ended well" : `failed: ${endOf(error)}`);
      },
    );
    const kill = () => child.kill("SIGKILL");
    const timer = options.clock.timer(COMMAND_MS, () => {
      late = true;
      kill();
    });
    options.signal.addEventListener("abort", kill, { once: true });
  });
}

/** Why it could not be run now, with the mend; null when nothing is in its way. Better known at start than when needed. */
export async function troubleWithResetCommand([file = ""]: readonly string[]): Promise<string | null> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile()
      ? null
      : `${file} is no program: correct \`resetCommand\` of this line`;
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EACCES";
    return isThere
      ? `${file} may not be run by this user: make it executable (chmod +x) or correct \`resetCommand\` of this line`
      : `${file} does not exist: install it or correct \`resetCommand\` of this line`;
  }
}

/** Its output may be long and is nobody's business here: how it ended is enough. */
function endOf(error: Error & { code?: unknown; signal?: unknown }): string {
  if (typeof error.code === "number") return `exit status ${error.code}`;
  if (typeof error.code === "string") return error.code;
  if (typeof error.signal === "string") return error.signal;
  return reasonOf(error).split("\n")[0] ?? "";
}
