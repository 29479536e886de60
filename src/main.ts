#!/usr/bin/env node
/** argv → one command. Each command is loaded only when it is asked for. */
import { parseCommandLine } from "./cli/command-line.ts";
import { Failure, jsonError } from "./cli/failure.ts";
import { codeOf, fileFailure } from "./cli/files.ts";
import type { Surroundings } from "./cli/surroundings.ts";
import { EXIT, exitCodeOf } from "./daemon/exit-codes.ts";
import { Fault, reasonOf } from "./runtime/fault.ts";
import { version } from "./runtime/version.ts";

const surroundings: Surroundings = {
  environment: process.env,
  workingFolder: process.cwd(),
  program: process.argv[1] ?? "pylone",
  isTerminal: process.stdout.isTTY === true,
  print: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
};

async function run(): Promise<number> {
  const command = parseCommandLine(process.argv.slice(2));
  switch (command.is) {
    case "run":
      return command.run(surroundings);
    case "help":
      surroundings.print(command.text);
      return EXIT.ok;
    case "version":
      surroundings.print(command.json ? `${JSON.stringify({ version: version() })}\n` : `${version()}\n`);
      return EXIT.ok;
    case "misused":
      complainOf(command.text.replace(/^pylone: /, ""), EXIT.usage, command.text);
      return EXIT.usage;
  }
}

/** What comes behind `--` is text. */
const isJson = process.argv.slice(2).join("\0").split("\0--\0", 1).join().split("\0").includes("--json");

function complainOf(message: string, status: number, text = `pylone: ${message}\n`): void {
  surroundings.complain(isJson ? jsonError(message.trimEnd(), status) : text);
}

/** A Fault is written for a person, and so is what the system refuses; else it is a defect: its place matters. */
function explain(error: unknown): string {
  if (error instanceof Fault || error instanceof Failure || !(error instanceof Error)) return reasonOf(error);
  return error.stack ?? error.message;
}

// `pylone events --follow | head` has read what it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.ioError);
});

try {
  process.exit(await run());
} catch (thrown) {
  const error = codeOf(thrown) === null ? thrown : fileFailure(reasonOf(thrown), thrown);
  const status = error instanceof Failure ? error.exitCode : exitCodeOf(error);
  complainOf(explain(error), status);
  process.exit(status);
}
