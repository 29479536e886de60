/** Why a command could not do what it was asked, for a person, and the exit status that says so to a program. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** With `--json`: the one line on standard error. `status`: the exit status. */
export function jsonError(message: string, status: number): string {
  return `${JSON.stringify({ error: { message, status } })}\n`;
}
