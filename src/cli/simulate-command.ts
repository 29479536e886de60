/** The options of `pylone simulate`, or the sentence that says what is wrong with them. */
import { parseArgs } from "node:util";

export type SimulateCommand = {
  readonly is: "simulate";
  readonly host: string;
  readonly modem: { readonly port: number; readonly number: string } | null;
  readonly smsc: {
    readonly port: number;
    readonly numbers: readonly string[];
    /** null: any is taken. */
    readonly systemId: string | null;
    readonly password: string | null;
  } | null;
  readonly controlPort: number;
};

export const SIMULATE_HELP = `Usage: pylone simulate [--modem tcp:PORT] [--smsc PORT] [--control PORT] [--number NUMBER]…

Runs a modem, an SMSC or both that exist only in memory, with a network and handsets behind them, and serves them
over TCP. A line with \`device: tcp://127.0.0.1:PORT\` uses the modem, one with \`url: smpp://box:any@127.0.0.1:PORT\`
the SMSC. Port 0 takes any free port; the ports in use are printed.

  --modem tcp:PORT   where the modem answers
  --smsc PORT        where the SMSC answers
  --control PORT     where texts can be sent from and read on the handsets, and faults switched on (HTTP; default:
                     any free port): GET and POST /Messages (the last 1,000, newest last, where the daemon's own
                     Simulator/Messages has the newest first), GET, POST and DELETE /Faults
  --number NUMBER    of the modem's SIM (default +33639980001); with --smsc a number of the ESME: E.164, a short code
                     or a name, as often as there are numbers (default +33755500001, 36123, PYLONE). With both, the
                     first is the SIM's
  --system-id ID     the only system_id that may bind to the SMSC (default: any)
  --password TEXT    its password (default: any)
  --host HOST        the address to listen on (default 127.0.0.1)
`;

const SIM_NUMBER = "+33639980001";
const ESME_NUMBERS = ["+33755500001", "36123", "PYLONE"];

const E164 = /^\+[1-9]\d{1,14}$/;
const ESME_NUMBER = /^(\+[1-9]\d{1,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/;

/** null: help was asked for. */
export function readSimulate(argv: string[]): SimulateCommand | string | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      modem: { type: "string" },
      smsc: { type: "string" },
      control: { type: "string" },
      number: { type: "string", multiple: true },
      "system-id": { type: "string" },
      password: { type: "string" },
      host: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return null;
  const { modem, smsc, number: numbers = [] } = values;
  if (modem === undefined && smsc === undefined) return "give --modem tcp:PORT, --smsc PORT, or both";
  const modemPort = portOf(/^tcp:(\d+)$/.exec(modem ?? "")?.[1]);
  if (modem !== undefined && modemPort === null) return "--modem is tcp:PORT, e.g. tcp:7001";
  const smscPort = portOf(smsc);
  if (smsc !== undefined && smscPort === null) return "--smsc is a port, e.g. 2775";
  const controlPort = portOf(values.control ?? "0");
  if (controlPort === null) return "--control is a port, e.g. 7002";
  if (smscPort === null && (values["system-id"] ?? values.password) !== undefined)
    return "--system-id and --password are of an SMSC: give --smsc PORT";
  if (smscPort === null && numbers.length > 1) return "a modem has one --number";
  const [sim = SIM_NUMBER, others] =
    modemPort === null ? [undefined, numbers] : [numbers[0], numbers.slice(1)];
  if (!E164.test(sim)) return "--number is in E.164, e.g. +33639980001";
  const wrong = others.find((number) => !ESME_NUMBER.test(number));
  if (wrong !== undefined)
    return `--number ${wrong} is neither a number in E.164 ("+33755500001"), nor a short code ("36123"), nor a name of up to 11 letters and digits ("PYLONE")`;
  return {
    is: "simulate",
    host: values.host ?? "127.0.0.1",
    modem: modemPort === null ? null : { port: modemPort, number: sim },
    smsc:
      smscPort === null
        ? null
        : {
            port: smscPort,
            numbers: others.length === 0 ? ESME_NUMBERS : others,
            systemId: values["system-id"] ?? null,
            password: values.password ?? null,
          },
    controlPort,
  };
}

function portOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : null;
}
