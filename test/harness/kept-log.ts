import type { Log } from "../../src/runtime/log.ts";

/** A log whose lines are kept: level, fields, sentence. */
export function keptLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (level: string) => (fields: unknown, text?: string) => {
    lines.push(`${level} ${text === undefined ? fields : `${text} ${JSON.stringify(fields)}`}`);
  };
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  return { log: log as unknown as Log, lines };
}
