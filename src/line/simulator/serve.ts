/**
 * The simulated modem, the simulated SMSC or both as a process of their own: the modem's port over TCP, as ser2net
 * offers one, the SMSC's as carriers do, and a control port.
 *
 * The modem has one connection at a time; a newer one replaces the older, which is closed. Refusing the newer one
 * would lock out a program that was killed and restarted while its old connection is not yet known to be dead. Modem,
 * SMSC and network live on when a connection closes.
 */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../runtime/clock.ts";
import { Fault, reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { BytePort } from "../byte-port.ts";
import { Control } from "./control.ts";
import { FaultBoard } from "./fault-board.ts";
import { FaultDesk } from "./fault-desk.ts";
import { type Holdable, modemHolds, smscHolds } from "./holds.ts";
import { SimulatedModem } from "./modem.ts";
import { type AirTime, SimulatedNetwork } from "./network.ts";
import { SimulatedSmsc, type SmscOptions } from "./smsc.ts";

export type SimulatorOptions = {
  readonly host: string;
  /** Left out: no modem. A port of 0: any free one. */
  readonly modem?: { readonly port: number; readonly number: string; readonly pin?: string } | undefined;
  /** Left out: no SMSC. */
  readonly smsc?: ({ readonly port: number } & Omit<SmscOptions, "network" | "clock" | "log">) | undefined;
  readonly controlPort: number;
  readonly airTime?: AirTime;
  readonly clock: Clock;
  readonly log: Log;
};

export type RunningSimulator = {
  /** null: there is none. */
  readonly modemPort: number | null;
  readonly smscPort: number | null;
  readonly controlPort: number;
  readonly modem: SimulatedModem | null;
  readonly smsc: SimulatedSmsc | null;
  readonly network: SimulatedNetwork;
  /** Closes every port and every connection. Idempotent. */
  stop(): Promise<void>;
};

/** The modem or the SMSC, and what the process needs of it. */
type Served = {
  readonly name: "modem" | "smsc";
  readonly port: number;
  readonly serve: (socket: Socket) => void;
  readonly board: FaultBoard;
  readonly holdable: Holdable;
};

export async function startSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const { host, clock, log } = options;
  const network = new SimulatedNetwork({ clock, log, airTime: options.airTime });
  const modem = options.modem === undefined ? null : new SimulatedModem({ ...options.modem, network, clock });
  const smsc =
    options.smsc === undefined ? null : new SimulatedSmsc({ ...options.smsc, network, clock, log });
  const served = servedBy(options, { modem, smsc, network });
  const faults = new FaultDesk(new Map(served.map(({ name, board }) => [name, board])));
  const lines = new Map(served.map(({ name, holdable }) => [name, holdable]));
  const controlServer = createControlServer(new Control({ lines, network, faults, log }), log);
  const servers: Server[] = [controlServer];
  const sockets = new Set<Socket>();
  const closeAll = async () => {
    faults.allOff();
    smsc?.stop();
    network.stop();
    for (const socket of sockets) socket.destroy();
    const closed = servers.map(close);
    controlServer.closeAllConnections();
    await Promise.all(closed);
  };
  let stopped: Promise<void> | null = null;
  const stop = () => {
    stopped ??= closeAll();
    return stopped;
  };
  try {
    const ports = new Map<string, number>();
    for (const { name, port, serve } of served) {
      const server = createTcpServer({ noDelay: true }, (socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        serve(socket);
      });
      servers.push(server);
      ports.set(name, await listen(server, host, port));
    }
    const controlPort = await listen(controlServer, host, options.controlPort);
    const [modemPort, smscPort] = [ports.get("modem") ?? null, ports.get("smsc") ?? null];
    return { modemPort, smscPort, controlPort, modem, smsc, network, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function servedBy(
  options: SimulatorOptions,
  { modem, smsc, network }: Pick<RunningSimulator, "modem" | "smsc" | "network">,
): readonly Served[] {
  const { log } = options;
  const served: Served[] = [];
  if (modem !== null)
    served.push({
      name: "modem",
      port: options.modem?.port ?? 0,
      serve: (socket) => serveConnection(modem, socket, log),
      board: new FaultBoard({ modem, network, log }),
      holdable: modemHolds(modem),
    });
  if (smsc !== null)
    served.push({
      name: "smsc",
      port: options.smsc?.port ?? 0,
      serve: (socket) => smsc.serve(socket),
      board: new FaultBoard({ smsc, network, log }),
      holdable: smscHolds(smsc),
    });
  return served;
}

function createControlServer(control: Control, log: Log) {
  return createHttpServer((request, response) => {
    control.handle(request, response).catch((error: unknown) => {
      log.warn({ why: reasonOf(error) }, "a control request broke off");
      response.destroy();
    });
  });
}

function serveConnection(modem: SimulatedModem, socket: Socket, log: Log): void {
  let port: BytePort;
  try {
    port = modem.connect();
  } catch (error) {
    log.info({ why: reasonOf(error) }, "modem port refused");
    socket.destroy();
    return;
  }
  log.info("modem port opened");
  port.onData((bytes) => socket.write(bytes));
  port.onClose((reason) => {
    log.info({ reason }, "modem port closed");
    socket.destroy();
  });
  socket.on("data", (bytes) => {
    port.write(bytes).catch(() => socket.destroy());
  });
  socket.on("error", (error) => log.debug({ why: error.message }, "modem connection broke"));
  socket.once("close", () => {
    port.close().catch((error: unknown) => log.warn({ why: reasonOf(error) }, "modem port did not close"));
  });
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new Fault({
          code: "config.invalid",
          disposition: "reject",
          message: `The simulator cannot listen on ${host}:${port} (${cause.message}): choose another port.`,
          cause,
        }),
      ),
    );
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });
}
