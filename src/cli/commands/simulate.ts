/** The options of `pylone simulate`. */
import { EXIT } from "../../daemon/exit-codes.ts";
import { declare, JSON_OUT, Misuse, type Values } from "../command.ts";
import type { Simulate } from "../simulate.ts";

const OPTIONS = {
  modem: { type: "string", value: "tcp:PORT", about: "where the modem answers" },
  smsc: { type: "string", value: "PORT", about: "where the SMSC answers" },
  control: {
    type: "string",
    value: "PORT",
    about:
      "where texts can be sent from and read on the handsets, and faults switched on (HTTP; default: any free port): GET and POST /Messages (the last 1,000, newest last, where the daemon's own Simulator/Messages has the newest first), GET, POST and DELETE /Faults",
  },
  number: {
    type: "string",
    value: "NUMBER",
    multiple: true,
    about:
      "of the modem's SIM (default +33639980001); with --smsc a number of the ESME: E.164, a short code or a name, as often as there are numbers (default +33755500001, 36123, PYLONE). With both, the first is the SIM's",
  },
  pin: {
    type: "string",
    value: "PIN",
    about: "of the modem's SIM, asked for at each power-up; three wrong tries lock it (default: none)",
  },
  "system-id": {
    type: "string",
    value: "ID",
    about: "the only system_id that may bind to the SMSC (default: any)",
  },
  password: { type: "string", value: "TEXT", about: "its password (default: any)" },
  host: { type: "string", value: "HOST", about: "the address to listen on (default 127.0.0.1)" },
  json: { ...JSON_OUT, about: "the ports in use as a JSON line each" },
} as const;

export const simulateCommand = declare({
  name: "simulate",
  summary: "run a simulated modem or SMSC as a process of its own",
  about: `Runs a modem, an SMSC or both that exist only in memory, with a network and handsets behind them, and serves \
them over TCP. A line with \`device: tcp://127.0.0.1:PORT\` uses the modem, one with \
\`url: smpp://box:any@127.0.0.1:PORT\` the SMSC. Port 0 takes any free port; the ports in use are printed.`,
  options: OPTIONS,
  exits: { [EXIT.unavailable]: "a port is taken" },
  examples: ["pylone simulate --modem tcp:7001", "pylone simulate --smsc 2775 --number 36123"],
  read: readSimulate,
  load: async () => (await import("../simulate.ts")).simulate,
});

const SIM_NUMBER = "+33639980001";
const ESME_NUMBERS = ["+33755500001", "36123", "PYLONE"];

const E164 = /^\+[1-9]\d{1,14}$/;
const ESME_NUMBER = /^(\+[1-9]\d{1,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/;

function readSimulate(values: Values<typeof OPTIONS>): Simulate {
  const { modem, smsc, pin, number: numbers = [] } = values;
  if (modem === undefined && smsc === undefined)
    throw new Misuse("give --modem tcp:PORT, --smsc PORT, or both");
  const modemPort = portOf(/^tcp:(\d+)$/.exec(modem ?? "")?.[1]);
  if (modem !== undefined && modemPort === null) throw new Misuse("--modem is tcp:PORT, e.g. tcp:7001");
  const smscPort = portOf(smsc);
  if (smsc !== undefined && smscPort === null) throw new Misuse("--smsc is a port, e.g. 2775");
  const controlPort = portOf(values.control ?? "0");
  if (controlPort === null) throw new Misuse("--control is a port, e.g. 7002");
  if (smscPort === null && (values["system-id"] ?? values.password) !== undefined)
    throw new Misuse("--system-id and --password are of an SMSC: give --smsc PORT");
  if (modemPort === null && pin !== undefined)
    throw new Misuse("--pin is of a modem's SIM: give --modem tcp:PORT");
  if (pin !== undefined && !/^\d{4,8}$/.test(pin)) throw new Misuse("--pin is 4 to 8 digits, e.g. 1234");
  if (smscPort === null && numbers.length > 1) throw new Misuse("a modem has one --number");
  const [sim = SIM_NUMBER, others] =
    modemPort === null ? [undefined, numbers] : [numbers[0], numbers.slice(1)];
  if (!E164.test(sim)) throw new Misuse("--number is in E.164, e.g. +33639980001");
  const wrong = others.find((number) => !ESME_NUMBER.test(number));
  if (wrong !== undefined)
    throw new Misuse(
      `--number ${wrong} is neither a number in E.164 ("+33755500001"), nor a short code ("36123"), nor a name of up to 11 letters and digits ("PYLONE")`,
    );
  return {
    host: values.host ?? "127.0.0.1",
    modem:
      modemPort === null ? null : { port: modemPort, number: sim, ...(pin === undefined ? {} : { pin }) },
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
    json: values.json ?? false,
  };
}

function portOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : null;
}
