/** argv → one command of the table, or the text that says what would have been right. Knows no command's workings. */
import { nearest } from "../daemon/nearest.ts";
import { reasonOf } from "../runtime/fault.ts";
import { type Command, Misuse, type Parsed } from "./command.ts";
import { COMMANDS } from "./command-table.ts";

export type CommandLine =
  | Parsed
  | { readonly is: "version"; readonly json: boolean }
  | { readonly is: "misused"; readonly text: string };

export function parseCommandLine(argv: readonly string[]): CommandLine {
  const [first, ...rest] = argv;
  if (first === undefined) return { is: "misused", text: USAGE };
  if (first === "--version" || first === "-V") return { is: "version", json: rest.includes("--json") };
  if (first === "--help" || first === "-h" || first === "help") {
    return { is: "help", text: commandOf(rest)?.help ?? USAGE };
  }
  const command = commandOf(argv);
  if (command === null && rest.some((word) => word === "--help" || word === "-h")) {
    const under = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
    if (under.length > 0) return { is: "help", text: under.map(({ help }) => help).join("\n") };
  }
  if (command === null) return { is: "misused", text: noSuchCommand(argv) };
  try {
    return command.parse(argv.slice(command.name.split(" ").length));
  } catch (error) {
    return { is: "misused", text: misused(command, error) };
  }
}

/** Two words before one. */
function commandOf(argv: readonly string[]): Command | null {
  const named = (name: string) => COMMANDS.find((command) => command.name === name);
  return named(argv.slice(0, 2).join(" ")) ?? named(argv[0] ?? "") ?? null;
}

function noSuchCommand(argv: readonly string[]): string {
  const [first = "", second] = argv;
  if (first.startsWith("-")) return `pylone: the command comes first, its options behind it\n\n${USAGE}`;
  const under = COMMANDS.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  if (under.length > 0 && (second === undefined || second.startsWith("-")))
    return `pylone: \`${first}\` alone is no command; there is \`${under.join("`, `")}\`\n`;
  const typed = under.length > 0 ? `${first} ${second}` : first;
  const meant =
    nearest(
      typed,
      COMMANDS.map(({ name }) => name),
    ) ??
    under[0] ??
    null;
  const hint = meant === null ? `\n\n${USAGE}` : `; did you mean \`${meant}\`?\n`;
  return `pylone: there is no command \`${typed}\`${hint}`;
}

function misused({ name, usage }: Command, error: unknown): string {
  const why = error instanceof Misuse ? error.message : reasonOf(error).split("\n", 1).join();
  return `pylone ${name}: ${why}\n\n${usage}\n\`pylone ${name} --help\` says more.\n`;
}

const WIDTH = Math.max(...COMMANDS.map(({ name }) => name.length));
const USAGE = `Usage: pylone COMMAND [options]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(WIDTH)}  ${summary}`).join("\n")}

\`pylone COMMAND --help\` says more of each; \`pylone --version\` says which pylone this is.
`;
