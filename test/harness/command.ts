/** A command of the built program, run to its end: exit status, standard output, standard error. */
import type { Site } from "./program.ts";

export type Told = { readonly code: number | null; readonly out: string; readonly errors: string };

export async function pylone(
  site: Site,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Told> {
  const program = site.run("main.js", args, { TZ: "UTC", ...env });
  const { code } = await program.ended;
  return { code, out: program.lines.map((line) => `${line}\n`).join(""), errors: program.errors };
}
