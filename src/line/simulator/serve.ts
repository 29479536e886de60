/**
 * The simulated modem as a process of its own: its port over TCP, as ser2net offers one, and a control port.
 *
 * One connection at a time; a newer one replaces the older, which is closed. Refusing the newer one would lock
 * out a program that was killed and restarted while its old connection is not yet known to be dead. The modem,
 * its storages and the network live on when a connection closes.
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
import { SimulatedModem } from "./modem.ts";
import { type AirTime, SimulatedNetwork } from "./network.ts";

export type SimulatorOptions = {
  readonly host: string;
  /** 0: any free one. */
  readonly modemPort: number;
  readonly controlPort: number;
  readonly number: string;
  readonly pin?: string;
  readonly airTime?: AirTime;
  readonly clock: Clock;
  readonly log: Log;
};

export type RunningSimulator = {
  readonly modemPort: number;
  readonly controlPort: number;
  readonly modem: SimulatedModem;
  readonly network: SimulatedNetwork;
  /** Closes both ports and every connection. Idempotent. */
  stop(): Promise<void>;
};

export async function startSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const { host, number, clock, log } = options;
  const network = new SimulatedNetwork({ clock, log, airTime: options.airTime });
  const modem = new SimulatedModem({ number, network, clock, pin: options.pin });
  const faults = new FaultDesk(new Map([["modem", new FaultBoard({ modem, network, log })]]));
  const control = new Control({ modem, network, faults, log });
  const sockets = new Set<Socket>();
  const modemServer = createTcpServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serveConnection(modem, socket, log);
  });
  const controlServer = createHttpServer((request, response) => {
    control.handle(request, response).catch((error: unknown) => {
      log.warn({ why: reasonOf(error) }, "a control request broke off");
      response.destroy();
    });
  });
  let stopped: Promise<void> | null = null;
  const stop = () => {
    stopped ??= closeAll();
    return stopped;
  };
  const closeAll = async () => {
    faults.allOff();
    network.stop();
    for (const socket of sockets) socket.destroy();
    const closed = [close(modemServer), close(controlServer)];
    controlServer.closeAllConnections();
    await Promise.all(closed);
  };
  try {
    const modemPort = await listen(modemServer, host, options.modemPort);
    const controlPort = await listen(controlServer, host, options.controlPort);
    return { modemPort, controlPort, modem, network, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
