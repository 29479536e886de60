/** A line while no daemon runs: its port is opened, asked and closed again; of an SMSC only whether somebody answers. */
import type { LineConfig, ModemLineConfig, SmppLineConfig } from "../../daemon/config-schema.ts";
import { readSmppUrl, shownSmppUrl } from "../../daemon/smpp-url.ts";
import type { OpenPort } from "../../line/byte-port.ts";
import { openFoundPort, PortClaims, selectorOf } from "../../line/modem/find/find-port.ts";
import { usbPorts } from "../../line/modem/find/usb-ports.ts";
import { openSerialPort } from "../../line/modem/serial-port.ts";
import { surveyModem } from "../../line/modem/survey.ts";
import { openTcpPort } from "../../line/modem/tcp-port.ts";
import { systemClock } from "../../runtime/clock.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { DaemonUser } from "./daemon-user.ts";
import { lookAtDevice, refusedTo } from "./device.ts";
import { type Finding, fail, failFor, pass } from "./finding.ts";
import { surveyFindings } from "./modem.ts";
import { holdersOf } from "./processes.ts";
import { answersAt } from "./reach.ts";

export type Known = {
  /** The number the data folder knows it by; null when none. */
  readonly number: string | null;
  /** The daemon's, where that is not this process's own. */
  readonly user: DaemonUser | null;
};

export async function stoppedLineFindings(line: LineConfig, known: Known): Promise<Finding[]> {
  if (line.type === "smpp") return [await smscFinding(line)];
  if (line.device.startsWith("sim:")) return [pass(`line ${line.name}`, "simulated: no radio is involved")];
  return modemFindings(line, known);
}

async function modemFindings(line: ModemLineConfig, { number: known, user }: Known): Promise<Finding[]> {
  const about = `line ${line.name}: device`;
  if (line.device.startsWith("/")) {
    const { troubles } = await lookAtDevice(about, line.device, { pid: null, user });
    if (troubles.length > 0) return [...troubles];
  }
  const signal = AbortSignal.any([]);
  try {
    let opened = null as string | null;
    const port = await (
      await portOf(line, (path) => {
        opened = path;
      })
    )(signal);
    try {
      const survey = await surveyModem(port, systemClock);
      if (survey === null)
        return [
          fail(
            about,
            `no modem answers at ${line.device}`,
            "is it the modem's AT port (`pylone modems`), at the right speed (`baudRate`), and powered?",
          ),
        ];
      const number = line.number ?? known ?? survey.ownNumber;
      const aboutNumber = `line ${line.name}: number`;
      // One that was looked for is known only now.
      const refused =
        user === null || opened === null || line.device.startsWith("/")
          ? null
          : await refusedTo(about, opened, user);
      return [
        refused ?? pass(about, line.device),
        ...surveyFindings(line, survey),
        number === null
          ? fail(aboutNumber, "the SIM does not tell its number", "set `number` of this line")
          : pass(aboutNumber, number),
      ];
    } finally {
      await port.close();
    }
  } catch (error) {
    return [failFor(about, reasonOf(error), "check the cable and `device` of this line")];
  }
}

async function portOf(
  { name, device, baudRate }: ModemLineConfig,
  onPath: (path: string) => void,
): Promise<OpenPort> {
  const tcp = /^tcp:\/\/([^:/]+):(\d+)$/.exec(device);
  if (tcp !== null) return openTcpPort(tcp[1] ?? "", Number(tcp[2]));
  const selector = selectorOf(device);
  // The last one that is opened is the one that is kept.
  const openPath = (path: string) => {
    onPath(path);
    return openSerialPort(path, baudRate);
  };
  if (selector === null) return openPath(device);
  const claims = new PortClaims();
  // What another program holds is not typed into.
  for (const { path } of await usbPorts())
    if ((await holdersOf(path)).length > 0) claims.claim(path, "another program");
  return openFoundPort({ line: name, device, selector, claims, clock: systemClock, openPath });
}

async function smscFinding(line: SmppLineConfig): Promise<Finding> {
  const about = `line ${line.name}: SMSC`;
  const url = readSmppUrl(line.url);
  if (url.is !== "socket") return pass(about, "simulated: no carrier is involved");
  const why = await answersAt(url);
  return why === null
    ? pass(about, `${shownSmppUrl(line.url)} takes connections (no bind was tried)`)
    : fail(about, `${shownSmppUrl(line.url)}: ${why}`, "check the host and port in `url`, and the firewall");
}
