import type { Log } from "../../src/runtime/log.ts";

/** A log whose lines are kept: level, fields, sentence. */
export function keptLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (level: string) => (fields: unknown, text?: string) => {
    lines.push(`${level} ${text === undefined ? fields : `${text} ${JSON.stringify(fields)}`}`);
  };
  const log = Object.fromEntries(
    ["debug", "info", "warn", "error", "fatal"].map((level) => [level, write(level)]),
  );
  return { log: log as unknown as Log, lines };
}
