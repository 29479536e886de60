/** From the configuration's lines to Lines: which port a `device` means, and the simulated network behind `sim:`. */
import { realpath } from "node:fs/promises";
import type { OpenPort } from "../line/byte-port.ts";
import type { Line, LineMemory } from "../line/line.ts";
import { openFoundPort, type PortClaims, selectorOf } from "../line/modem/find/find-port.ts";
import { openAtRightSpeed } from "../line/modem/find-speed.ts";
import { createModemLine } from "../line/modem/modem-line.ts";
import { runResetCommand, troubleWithResetCommand } from "../line/modem/recovery/reset-command.ts";
import { openSerialPort } from "../line/modem/serial-port.ts";
import { openTcpPort } from "../line/modem/tcp-port.ts";
import { FaultBoard } from "../line/simulator/fault-board.ts";
import { SimulatedModem } from "../line/simulator/modem.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Store } from "../store/store.ts";
import type { LineConfig, ModemLineConfig } from "./config-schema.ts";
import { openSmppLine } from "./open-smpp-line.ts";
import type { SimulatedLines } from "./simulated-lines.ts";

export type LineDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly siteCountry: string;
  /** Null when no line is simulated. */
  readonly simulated: SimulatedLines | null;
  readonly claims: PortClaims;
};

export function isSimulated(line: LineConfig): boolean {
  return (line.type === "modem" ? line.device : line.url).startsWith("sim:");
}

export function createLine(config: LineConfig, position: number, deps: LineDeps): Line {
  if (config.type === "modem") return openModemLine(config, position, deps);
  return openSmppLine(config, { ...deps, memory: memoryOf(config.name, deps.store) });
}

function openModemLine(config: ModemLineConfig, position: number, deps: LineDeps): Line {
  const { clock, log, store } = deps;
  const { resetCommand } = config;
  return createModemLine({
    name: config.name,
    openPort: portOf(config, position, deps),
    clock,
    log,
    memory: memoryOf(config.name, store),
    pin: config.pin ?? null,
    smsc: config.smsc ?? null,
    init: config.init ?? [],
    simulated: isSimulated(config),
    ifSilent: ifSilent(config.device),
    ...(resetCommand === undefined
      ? {}
      : {
          resetFromOutside: (signal: AbortSignal) => runResetCommand(resetCommand, { clock, signal }),
          resetTrouble: () => troubleWithResetCommand(resetCommand),
        }),
    callPolicy: config.incomingCalls ?? "hang-up",
    trace: config.trace ?? false,
  });
}

function ifSilent(device: string): string {
  if (device.startsWith("tcp:"))
    return `is a modem's AT port behind ${device}, and ser2net there at the modem's speed?`;
  if (device.startsWith("/"))
    return `is ${device} the modem's AT port, and at the right speed (\`baudRate\`)?`;
  return "is this the modem's AT port?";
}

function portOf(config: ModemLineConfig, position: number, deps: LineDeps): OpenPort {
  if (deps.simulated !== null && isSimulated(config))
    return simulatedPort(config, position, deps.simulated, deps.log);
  const tcp = /^tcp:\/\/([^:/]+):(\d+)$/.exec(config.device);
  const { device, baudRate } = config;
  const { claims, clock } = deps;
  if (tcp !== null) {
    // Its modem may take one connection, and a newer one for the older.
    claims.claim(device, config.name);
    return openTcpPort(tcp[1] ?? "", Number(tcp[2]));
  }
  const selector = selectorOf(device);
  if (selector !== null) {
    // Found on USB, where a port has no speed.
    const openPath = (path: string) => openSerialPort(path, baudRate);
    return openFoundPort({ line: config.name, device, selector, claims, clock, openPath });
  }
  const openAt = (speed: number) => openSerialPort(device, speed);
  const log = deps.log.child({ line: config.name });
  return openClaimed(config, claims, openAtRightSpeed({ openAt, baudRate, clock, log }));
}

/** A path of one line's own is nothing for another to probe, also while it is shut. Its real name may change. */
function openClaimed({ name, device }: ModemLineConfig, claims: PortClaims, open: OpenPort): OpenPort {
  let held: string | null = null;
  return async (signal) => {
    const path = await realpath(device).catch(() => null);
    if (held !== null && held !== path) claims.release(held);
    if (path !== null) claims.claim(path, name);
    held = path;
    return open(signal);
  };
}

/** A simulated SIM always has a number; without one in the configuration it is found by asking, as on a real one. */
function simulatedPort(
  config: ModemLineConfig,
  position: number,
  { network, faultBoards }: SimulatedLines,
  log: Log,
): OpenPort {
  const number = config.number ?? `+3363998${String(9000 + position)}`;
  const modem = new SimulatedModem({ number, network, clock: network.clock });
  faultBoards.set(config.name, new FaultBoard({ modem, network, log }));
  return async () => modem.connect();
}

function memoryOf(line: string, store: Store): LineMemory {
  return {
    get: (key) => store.getMemory(line, key),
    put: (key, value) => store.putMemory(line, key, value),
  };
}
