/** argv → one command, or the text that says what would have been right. Knows no command's workings. */
import { parseArgs } from "node:util";

export type Command =
  | { readonly is: "serve"; readonly config: string | null }
  | { readonly is: "credentials"; readonly config: string | null; readonly test: boolean }
  | {
      readonly is: "simulate";
      readonly host: string;
      readonly modemPort: number;
      readonly controlPort: number;
      readonly number: string;
    }
  | { readonly is: "help"; readonly text: string }
  | { readonly is: "misused"; readonly text: string };

type CommandName = "serve" | "simulate" | "credentials";

const USAGE = `Usage: pylone COMMAND [options]

  serve        run the appliance
  simulate     run a simulated modem as a process of its own
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
  simulate: `Usage: pylone simulate --modem tcp:PORT [--control PORT] [--number +NUMBER] [--host HOST]

Runs a modem that exists only in memory, with a network and handsets behind it, and serves it over TCP. A line
with \`device: tcp://127.0.0.1:PORT\` uses it. Port 0 takes any free port; the ports in use are printed.

  --modem tcp:PORT   where the modem answers
  --control PORT     where texts can be sent from and read on the handsets (HTTP; default: any free port)
  --number +NUMBER   the number of its SIM (default +33639980001)
  --host HOST        the address to listen on (default 127.0.0.1)
`,
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
  const { values } = parseArgs({
    args: argv,
    options: {
      modem: { type: "string" },
      smsc: { type: "string" },
      control: { type: "string" },
      number: { type: "string" },
      host: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return { is: "help", text: HELP.simulate };
  if (values.smsc !== undefined)
    return misused("simulate", "--smsc is not available in this version: only modems are simulated");
  const modemPort = portOf(/^tcp:(\d+)$/.exec(values.modem ?? "")?.[1]);
  if (modemPort === null) return misused("simulate", "--modem is tcp:PORT, e.g. tcp:7001");
  const controlPort = portOf(values.control ?? "0");
  if (controlPort === null) return misused("simulate", "--control is a port, e.g. 7002");
  const number = values.number ?? "+33639980001";
  if (!/^\+[1-9]\d{1,14}$/.test(number))
    return misused("simulate", "--number is in E.164, e.g. +33639980001");
  return { is: "simulate", host: values.host ?? "127.0.0.1", modemPort, controlPort, number };
}

function portOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : null;
}

function misused(name: CommandName, why: string): Command {
  return { is: "misused", text: `pylone ${name}: ${why}\n\n${HELP[name]}` };
}
