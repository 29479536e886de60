/** argv → one command, or the text that says what would have been right. Knows no command's workings. */
import { parseArgs } from "node:util";
import { readSimulate, SIMULATE_HELP, type SimulateCommand } from "./simulate-command.ts";

export type Command =
  | { readonly is: "serve"; readonly config: string | null }
  | { readonly is: "credentials"; readonly config: string | null; readonly test: boolean }
  | SimulateCommand
  | { readonly is: "help"; readonly text: string }
  | { readonly is: "misused"; readonly text: string };

type CommandName = "serve" | "simulate" | "credentials";

const USAGE = `Usage: pylone COMMAND [options]

  serve        run the appliance
  simulate     run a simulated modem or SMSC as a process of its own
  credentials  print the account SID and auth token

\`pylone COMMAND --help\` says more of each.
`;

const HELP: Readonly<Record<CommandName, string>> = {
  serve: `Usage: pylone serve [--config FILE]

Runs the appliance until SIGTERM or SIGINT. Without --config the configuration is looked for in PYLONE_CONFIG,
then in /etc/pylone/pylone.yaml; where there is none, one simulated line runs with its data in ./data.
PYLONE_DATA_DIR, PYLONE_HTTP_HOST and PYLONE_HTTP_PORT override the file.

Exit status: 0 stopped as asked, 69 the address is taken, 74 the disk no longer keeps its word, 75 another daemon
holds the data folder, 78 the configuration is wrong.
`,
  simulate: SIMULATE_HELP,
  credentials: `Usage: pylone credentials [--config FILE] [--test]

Prints \`AC…:token\` as \`curl -u\` takes it, from the data folder of the configuration that \`serve\` would use.
The daemon may be running or not.

  --test   the test credentials instead: everything is checked, nothing is sent (Twilio's magic numbers)
`,
};

export function parseCommandLine(argv: readonly string[]): Command {
  const [name, ...rest] = argv;
  if (name === undefined) return { is: "misused", text: USAGE };
  if (name === "--help" || name === "-h" || name === "help") {
    const about = rest[0];
    return { is: "help", text: isCommand(about) ? HELP[about] : USAGE };
  }
  if (!isCommand(name)) return { is: "misused", text: `pylone: there is no command \`${name}\`\n\n${USAGE}` };
  try {
    return name === "simulate" ? simulate(rest) : withConfig(name, rest);
  } catch (error) {
    return misused(name, error instanceof Error ? error.message : String(error));
  }
}

function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(HELP, name);
}

function withConfig(name: "serve" | "credentials", argv: string[]): Command {
  const options = { config: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
  const { values } =
    name === "serve"
      ? parseArgs({ args: argv, options })
      : parseArgs({ args: argv, options: { ...options, test: { type: "boolean" } } });
  if (values.help === true) return { is: "help", text: HELP[name] };
  if (values.config === "") return misused(name, "--config needs the path of a file");
  const config = values.config ?? null;
  if (name === "serve") return { is: name, config };
  return { is: name, config, test: "test" in values && values.test === true };
}

function simulate(argv: string[]): Command {
  const command = readSimulate(argv);
  if (command === null) return { is: "help", text: HELP.simulate };
  return typeof command === "string" ? misused("simulate", command) : command;
}

function misused(name: CommandName, why: string): Command {
  return { is: "misused", text: `pylone ${name}: ${why}\n\n${HELP[name]}` };
}
