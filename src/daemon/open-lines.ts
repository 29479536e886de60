/** From the configuration's lines to Lines: which port a `device` means, and the simulated network behind `sim:`. */
import type { OpenPort } from "../line/byte-port.ts";
import type { Line, LineMemory } from "../line/line.ts";
import { createModemLine } from "../line/modem/modem-line.ts";
import { openSerialPort } from "../line/modem/serial-port.ts";
import { openTcpPort } from "../line/modem/tcp-port.ts";
import { FaultBoard } from "../line/simulator/fault-board.ts";
import { SimulatedModem } from "../line/simulator/modem.ts";
import type { SimulatedNetwork } from "../line/simulator/network.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Store } from "../store/store.ts";
import type { LineConfig, ModemLineConfig } from "./config-schema.ts";

export type LineDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  /** Null when no line is simulated. */
  readonly network: SimulatedNetwork | null;
  /** Where the fault boards of the simulated lines are collected, by name. */
  readonly faultBoards: Map<string, FaultBoard>;
};

export function isSimulated(line: LineConfig): boolean {
  return line.type === "modem" && line.device.startsWith("sim:");
}

export function createLine(config: ModemLineConfig, position: number, deps: LineDeps): Line {
  const { clock, log, store } = deps;
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
  });
}

function portOf(config: ModemLineConfig, position: number, deps: LineDeps): OpenPort {
  if (deps.network !== null && isSimulated(config))
    return simulatedPort(config, position, deps.network, deps);
  const tcp = /^tcp:\/\/([^:/]+):(\d+)$/.exec(config.device);
  if (tcp !== null) return openTcpPort(tcp[1] ?? "", Number(tcp[2]));
  return openSerialPort(config.device, config.baudRate);
}

/** A simulated SIM always has a number; without one in the configuration it is found by asking, as on a real one. */
function simulatedPort(
  config: ModemLineConfig,
  position: number,
  network: SimulatedNetwork,
  { faultBoards, log }: LineDeps,
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
