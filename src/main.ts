#!/usr/bin/env node
/** argv → one command. Each command is loaded only when it is asked for. */
import { parseCommandLine } from "./cli/command-line.ts";
import { Failure } from "./cli/failure.ts";
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
      surroundings.complain(command.text);
      return EXIT.usage;
  }
}

/** A Fault is written for a person; anything else is a defect, whose place in the program matters. */
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
} catch (error) {
  surroundings.complain(`pylone: ${explain(error)}\n`);
  process.exit(error instanceof Failure ? error.exitCode : exitCodeOf(error));
}
