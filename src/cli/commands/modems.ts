import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT, Misuse } from "../command.ts";
import { countOf } from "./count.ts";

export const modemsCommand = declare({
  name: "modems",
  summary: "find modems, and show the lines to paste for them",
  operands: "[PORT…]",
  about:
    "Looks at every USB serial port, or at the PORTs named (a path, or tcp://host:port for a ser2net), and shows each modem's model, IMEI, SIM, operator and signal, with the lines to paste under `lines:`. Nothing is sent and no PIN is tried. Ports that the daemon or another program holds are not opened: what the daemon knows of its own is shown. UARTs (/dev/serial0) are looked at only when named, since one may be a login console.",
  options: {
    baud: { type: "string", value: "RATE", about: "the speed of a UART (default 115200)" },
    config: CONFIG,
    json: JSON_OUT,
  },
  exits: {
    [EXIT.noInput]: "there is no port to look at, or no modem at one that was named",
    [EXIT.unavailable]: "the daemon runs and does not answer as it should: its ports are left alone",
    [EXIT.noPermission]: "this user may not read the settings of the running daemon: run it with sudo",
    [EXIT.notNow]: "the daemon runs and cannot answer now",
    [EXIT.config]: "the configuration is wrong",
  },
  examples: ["sudo pylone modems", "sudo pylone modems /dev/serial0 --baud 9600"],
  read: (values, ports) => {
    const wrong = ports.find((port) => !/^(?:\/|tcp:\/\/[^:/]+:\d{1,5}$)/.test(port));
    if (wrong !== undefined) throw new Misuse(`\`${wrong}\` is neither a path (/dev/…) nor tcp://host:port`);
    return {
      ports,
      baudRate: countOf("baud", values.baud, 4_000_000, 115_200),
      config: values.config ?? null,
      json: values.json ?? false,
    };
  },
  load: async () => (await import("../modems.ts")).modems,
});
