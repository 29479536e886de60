/**
 * What went wrong, in a form callers can decide on. They switch on `code` and `disposition`, never on text.
 *
 * - `reject`: this message can never go;
 * - `retry`: later, this message;
 * - `line`: the line is at fault: hold the line, burn no attempt;
 * - `unknown`: it happened after the point of no return: the network may have taken it.
 */
export type Disposition = "reject" | "retry" | "line" | "unknown";

export type FaultCode =
  | "at.error" // a bare ERROR, or +CME ERROR
  | "at.timeout" // no final result in time
  | "modem.cms" // +CMS ERROR: `status` holds the number
  | "modem.link-lost" // the modem restarted or switched off during a command
  | "line.closed" // port, socket or bind gone
  | "line.not-ready" // asked to send while it cannot
  | "line.stopped" // our own shutdown, before the point of no return
  | "smpp.status" // command_status: `status` holds the number
  | "smpp.timeout" // no response in time
  | "smpp.invalid" // a segment that has no form in SMPP
  | "sms.undecodable"
  | "config.invalid"
  | "store.locked" // another daemon holds the data folder
  | "store.newer" // written by a newer major version
  | "backup.invalid" // a file that is no backup, or a damaged one
  | "backup.failed" // none was made this time
  | "restore.newer" // what would be replaced is newer than the backup
  | "store.failed"; // the disk no longer keeps its word

export type FaultFields = {
  readonly code: FaultCode;
  readonly disposition: Disposition;
  /** One sentence for a person: what, where, the mend. Never message text, never a secret. */
  readonly message: string;
  /** The number the network or the modem gave, when there is one. */
  readonly status?: number;
  readonly cause?: unknown;
};

export class Fault extends Error {
  readonly code: FaultCode;
  readonly disposition: Disposition;
  readonly status: number | null;

  constructor(fields: FaultFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = "Fault";
    this.code = fields.code;
    this.disposition = fields.disposition;
    this.status = fields.status ?? null;
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
