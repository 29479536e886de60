/**
 * The door of `serialport`. A port is single-use: made open, closed once, then another is made.
 *
 * A write settles when the kernel has taken the bytes, not when they have left the wire (`tcdrain`): a drain
 * takes one of libuv's four threads for as long as the wire takes, and is reported after the modem's answer.
 * `hupcl` is off because dropping DTR resets some modems; `lock` keeps a second of us out.
 */
import { SerialPort } from "serialport";
import { Fault } from "../../runtime/fault.ts";
import type { BytePort, OpenPort } from "../byte-port.ts";

export function openSerialPort(path: string, baudRate: number): OpenPort {
  return async (signal) => {
    signal.throwIfAborted();
    const serial = new SerialPort({ path, baudRate, autoOpen: false, hupcl: false, lock: true });
    const port = new SerialBytePort(serial);
    await new Promise<void>((resolve, reject) => {
      serial.open((error) => (error === null ? resolve() : reject(openFault(path, error))));
    });
    if (signal.aborted) {
      await port.close();
      signal.throwIfAborted();
    }
    port.watchForHangUp();
    // Pseudo-terminals have no modem-control lines and answer this with an error: the bytes flow all the same.
    serial.set({ dtr: true, rts: true, brk: false, cts: false, dsr: false }, () => undefined);
    return port;
  };
}

class SerialBytePort implements BytePort {
  readonly #serial: SerialPort;
  #onData: (bytes: Uint8Array) => void = () => undefined;
  #onClose: (reason: string) => void = () => undefined;
  #closed: string | null = null;
  #closing: Promise<void> | null = null;

  constructor(serial: SerialPort) {
    this.#serial = serial;
    serial.on("data", (bytes: Uint8Array) => this.#onData(bytes));
    serial.on("close", (error: Error | null) =>
      this.#ended(error === null ? "the port was closed" : `the device went away: ${error.message}`),
    );
    // A read of no bytes ends the stream without closing it: the device is gone.
    serial.on("end", () => this.#lost("the device went away"));
    serial.on("error", (error: Error) => this.#lost(error.message));
  }

  /**
   * A device pulled in the middle of a read answers every further read with no bytes, and the library reads on
   * for ever without a word (`unix-read.js`: `bytesRead === 0`). The poller hears of the hang-up all the same.
   */
  watchForHangUp(): void {
    const { port } = this.#serial;
    if (port === undefined || !("poller" in port)) return;
    port.poller.once("disconnect", (error: Error | null) => {
      if (error !== null && "canceled" in error && error.canceled === true) return;
      this.#lost("the device went away");
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed !== null) return Promise.reject(new Error(this.#closed));
    return new Promise((resolve, reject) => {
      this.#serial.write(Buffer.from(bytes), (error) => {
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
    this.#closing ??= new Promise((resolve) => {
      if (!this.#serial.isOpen) {
        this.#ended("the port was closed");
        resolve();
        return;
      }
      this.#serial.close(() => {
        this.#ended("the port was closed");
        resolve();
      });
    });
    return this.#closing;
  }

  #lost(reason: string): void {
    this.#ended(reason);
    this.close().catch(() => undefined);
  }

  #ended(reason: string): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    this.#onClose(reason);
  }
}

/** What, where, and the mend. */
export function openFault(path: string, error: Error): Fault {
  return new Fault({
    code: "line.closed",
    disposition: "line",
    message: sentenceOf(path, error),
    cause: error,
  });
}

function sentenceOf(path: string, error: Error): string {
  const { message } = error;
  if (/no such (file|device)|cannot find|ENOENT|ENODEV|ENXIO/i.test(message)) {
    return `${path} does not exist: plug the modem in or correct \`device\``;
  }
  if (/permission denied|access denied|EACCES|EPERM/i.test(message)) {
    return `${path} may not be opened: add this user to the group dialout (usermod -aG dialout USER) and start again`;
  }
  if (/lock|busy|temporarily unavailable|EBUSY|EAGAIN/i.test(message)) {
    return `${path} is in use: another program holds it (see \`fuser -v ${path}\`; ModemManager is the usual one)`;
  }
  if (/not a t(ty|ypewriter)|inappropriate ioctl|ENOTTY/i.test(message)) {
    return `${path} is not a serial port: correct \`device\``;
  }
  return `${path} cannot be opened: ${message}`;
}
