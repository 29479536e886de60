/**
 * A modem behind a TCP socket: ser2net in raw mode, or the simulator as a process of its own. Keep-alive finds
 * a peer that vanished; without it a pulled cable looks like a modem with nothing to say.
 */
import { connect, type Socket } from "node:net";
import { Fault } from "../../runtime/fault.ts";
import type { BytePort, OpenPort } from "../byte-port.ts";

const KEEP_ALIVE_AFTER_MS = 15_000;

export function openTcpPort(host: string, port: number): OpenPort {
  return (signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = connect({
        host,
        port,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
      });
      const done = () => {
        signal.removeEventListener("abort", onAbort);
        socket.removeAllListeners("error");
        socket.removeAllListeners("connect");
      };
      const onAbort = () => {
        done();
        socket.on("error", () => undefined);
        socket.destroy();
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      socket.once("error", (error: NodeJS.ErrnoException) => {
        done();
        reject(openFault(host, port, error));
      });
      socket.once("connect", () => {
        done();
        resolve(new TcpBytePort(socket, `tcp://${host}:${port}`));
      });
    });
}

/** What a connection that ends usually means. */
const LOOK_THERE =
  "see there whether ser2net runs, whether the modem is plugged in, and whether another program is connected";

class TcpBytePort implements BytePort {
  readonly #socket: Socket;
  #onData: (bytes: Uint8Array) => void = () => undefined;
  #onClose: (reason: string) => void = () => undefined;
  #closed: string | null = null;

  constructor(socket: Socket, where: string) {
    this.#socket = socket;
    socket.on("data", (bytes: Uint8Array) => this.#onData(bytes));
    socket.on("error", (error) =>
      this.#ended(`${where} broke the connection (${error.message}): ${LOOK_THERE}`),
    );
    socket.on("end", () => {
      this.#ended(`${where} closed the connection: ${LOOK_THERE}`);
      socket.destroy();
    });
    socket.on("close", () => this.#ended(`the connection to ${where} was closed`));
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed !== null) return Promise.reject(new Error(this.#closed));
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener;
  }

  onClose(listener: (reason: string) => void): void {
    this.#onClose = listener;
    if (this.#closed !== null) listener(this.#closed);
  }

  close(): Promise<void> {
    this.#socket.destroy();
    this.#ended("the port was closed");
    return Promise.resolve();
  }

  #ended(reason: string): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    this.#onClose(reason);
  }
}

/** What, where, and the mend. */
function openFault(host: string, port: number, error: NodeJS.ErrnoException): Fault {
  return new Fault({
    code: "line.closed",
    disposition: "line",
    message: sentenceOf(`tcp://${host}:${port}`, error),
    cause: error,
  });
}

function sentenceOf(where: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ECONNREFUSED":
      return `${where} refuses the connection: start ser2net (or the simulator) there, or correct \`device\``;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${where} cannot be found: correct the host in \`device\``;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${where} cannot be reached: check the cable, the address in \`device\` and the firewall`;
    default:
      return `${where} cannot be opened: ${error.message}`;
  }
}
