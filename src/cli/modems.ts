/**
 * `pylone modems`: every modem that can be found, what it is, and the lines of configuration to paste. What the
 * daemon or another program holds is shown and not opened: two on a port take each other's answers. UARTs are looked
 * at only when they are named: one may be a login console.
 */
import { realpath } from "node:fs/promises";
import { readAddress } from "../daemon/address-file.ts";
import type { LoadedConfig } from "../daemon/config.ts";
import { EXIT } from "../daemon/exit-codes.ts";
import type { OpenPort } from "../line/byte-port.ts";
import { likeliestFirst, usbPorts } from "../line/modem/find/usb-ports.ts";
import { openSerialPort } from "../line/modem/serial-port.ts";
import { type Survey, surveyModem } from "../line/modem/survey.ts";
import { openTcpPort } from "../line/modem/tcp-port.ts";
import { systemClock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import { ApiClient } from "./api-client.ts";
import { configurationOf, connectionOf } from "./connection.ts";
import { holdersOf, named } from "./doctor/processes.ts";
import { Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument } from "./table.ts";
import type { LineView } from "./views.ts";

export type Modems = {
  /** Paths and `tcp://host:port`; empty: every USB serial port. */
  readonly ports: readonly string[];
  readonly baudRate: number;
  readonly config: string | null;
  readonly json: boolean;
};

type Found = {
  readonly port: string;
  /** The line or program that has it; it was not opened. */
  readonly held_by: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly imei: string | null;
  readonly iccid: string | null;
  readonly number: string | null;
  readonly sim: string | null;
  readonly operator: string | null;
  readonly signal_dbm: number | null;
  /** Why it is not more. */
  readonly trouble: string | null;
  /** To paste under `lines:`; null where there is nothing to paste. */
  readonly config: string | null;
};

export async function modems(asked: Modems, surroundings: Surroundings): Promise<number> {
  const loaded = configurationOf(asked.config, surroundings);
  const lines = await linesOf(loaded);
  const found: Found[] = lines.filter(({ kind, simulated }) => kind === "modem" && !simulated).map(ofLine);
  const names = new Set(loaded.config.lines.map(({ name }) => name));
  const places = asked.ports.length > 0 ? asked.ports.map((port) => [port]) : await usbModems();
  for (const ports of places) found.push(...(await look(ports, lines, { ...asked, names })));
  surroundings.print(asked.json ? jsonDocument(found) : found.map(shown).join("\n"));
  if (found.length === 0) throw new Failure(EXIT.noInput, NONE);
  const missed = found.filter(
    ({ port, held_by, imei }) => asked.ports.includes(port) && held_by === null && imei === null,
  );
  if (missed.length > 0)
    throw new Failure(
      EXIT.noInput,
      `no modem answers at ${missed.map(({ port }) => port).join(", ")}: \`pylone modems\` alone shows what is there`,
    );
  return EXIT.ok;
}

const NONE =
  "there is no USB serial port: plug the modem in, see `lsusb` and `dmesg` (usb_modeswitch for sticks); a UART or a ser2net is named: pylone modems /dev/serial0 tcp://192.168.1.20:3001";

/** Empty where no daemon runs, or it is not ours to ask. */
async function linesOf({ config }: LoadedConfig): Promise<readonly LineView[]> {
  try {
    const client = new ApiClient(await connectionOf(config));
    return (await client.get<{ lines: readonly LineView[] }>("/appliance/v1/Lines", { PageSize: "1000" }))
      .lines;
  } catch (error) {
    // No daemon, or no account yet: then nobody holds a port for us. One that runs and does not answer may.
    const code = error instanceof Failure ? error.exitCode : null;
    if (code === EXIT.noInput) return [];
    if (code === EXIT.unavailable && (await readAddress(config.dataDir)) === null) return [];
    throw error;
  }
}

/** The ports of each modem, the likeliest AT port first. */
async function usbModems(): Promise<string[][]> {
  const places = new Map<string, string[]>();
  for (const { place, path } of likeliestFirst(await usbPorts()))
    places.set(place, [...(places.get(place) ?? []), path]);
  return [...places.values()];
}

/** One modem: nothing of it is opened when somebody has one of its ports; else until one of them answers. */
async function look(
  ports: readonly string[],
  lines: readonly LineView[],
  asked: Pick<Modems, "baudRate"> & { readonly names: Set<string> },
): Promise<Found[]> {
  const silent: string[] = [];
  for (const port of ports) {
    const path = port.startsWith("/") ? await realpath(port).catch(() => port) : port;
    // Shown already, with its line.
    if (lines.some((line) => line.port === path)) return [];
    const holders = await holdersOf(path);
    if (holders.length > 0) return [{ ...UNKNOWN, port, held_by: named(holders) }];
  }
  for (const port of ports) {
    try {
      const survey = await surveyOf(port, asked.baudRate);
      if (survey !== null) return [surveyed(port, survey, asked.names)];
      silent.push(port);
    } catch (error) {
      silent.push(reasonOf(error));
    }
  }
  const [port = ""] = ports;
  return [{ ...UNKNOWN, port, trouble: `no modem answers (tried ${silent.join(", ")})` }];
}

async function surveyOf(port: string, baudRate: number): Promise<Survey | null> {
  const tcp = /^tcp:\/\/([^:/]+):(\d+)$/.exec(port);
  const open: OpenPort =
    tcp === null ? openSerialPort(port, baudRate) : openTcpPort(tcp[1] ?? "", Number(tcp[2]));
  const opened = await open(new AbortController().signal);
  try {
    return await surveyModem(opened, systemClock);
  } finally {
    await opened.close();
  }
}

const UNKNOWN: Found = {
  port: "",
  held_by: null,
  manufacturer: null,
  model: null,
  imei: null,
  iccid: null,
  number: null,
  sim: null,
  operator: null,
  signal_dbm: null,
  trouble: null,
  config: null,
};

function surveyed(port: string, survey: Survey, names: Set<string>): Found {
  const { manufacturer, model, imei, iccid, operator, signalDbm, ownNumber } = survey;
  const sim = survey.sim === "asks" ? survey.asksFor : survey.sim;
  let name = 1;
  while (names.has(`gsm${name}`)) name++;
  names.add(`gsm${name}`);
  // Whatever the kernel calls a USB port tomorrow, the modem is the same.
  const device = /^\/dev\/tty(?:USB|ACM)/.test(port) ? `imei:${imei}` : port;
  const lines = [`- name: gsm${name}`, "  type: modem", `  device: ${device}`];
  if (survey.asksFor === "SIM PIN") lines.push('  pin: "…"');
  lines.push(`  number: "${ownNumber ?? "+…"}"${ownNumber === null ? "   # the SIM does not tell it" : ""}`);
  return {
    ...{ port, held_by: null, manufacturer, model, imei, iccid, number: ownNumber, sim, operator },
    signal_dbm: signalDbm,
    trouble: survey.registration.registered ? null : survey.registration.reason,
    config: lines.join("\n"),
  };
}

function ofLine(line: LineView): Found {
  const { manufacturer, model, imei, iccid, operator, signal_dbm } = line;
  return {
    ...{ manufacturer, model, imei, iccid, operator, signal_dbm },
    port: line.port ?? "",
    held_by: `line ${line.name}`,
    number: line.numbers[0]?.phone_number ?? line.own_number,
    sim: line.state === "ready" ? "ready" : null,
    trouble: line.state === "ready" ? null : `${line.state}: ${line.reason}`,
    config: null,
  };
}

function shown(modem: Found): string {
  const rows: readonly (readonly [string, string | null])[] = [
    ["model", [modem.manufacturer, modem.model].filter((text) => text !== null).join(" ") || null],
    ["IMEI", modem.imei],
    [
      "SIM",
      [modem.sim, modem.iccid === null ? null : `ICCID ${modem.iccid}`, modem.number]
        .filter((text) => text !== null)
        .join(", ") || null,
    ],
    ["operator", modem.operator],
    ["signal", modem.signal_dbm === null ? null : `${modem.signal_dbm} dBm`],
    ["trouble", modem.trouble],
  ];
  const head = [modem.port, modem.held_by === null ? "" : `held by ${modem.held_by}`].filter(
    (text) => text !== "",
  );
  const text = rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(8)}  ${value}`]));
  const paste = modem.config === null ? [] : ["", ...modem.config.split("\n").map((line) => `  ${line}`)];
  return [head.join(", "), ...text, ...paste, ""].join("\n");
}
