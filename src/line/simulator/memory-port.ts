/**
 * A BytePort with nothing but memory between its two ends. What is written reaches the modem on a later turn of
 * the event loop, after the write has settled, as it would on a wire: no answer ever overtakes its command.
 */
import { Fault } from "../../runtime/fault.ts";
import type { BytePort } from "../byte-port.ts";

export class MemoryPort implements BytePort {
  readonly #toModem: (bytes: Uint8Array) => void;
  readonly #onClosed: () => void;
  #onData: (bytes: Uint8Array) => void = () => {};
  #closeListeners: ((reason: string) => void)[] = [];
  #closedFor: string | null = null;

  constructor(toModem: (bytes: Uint8Array) => void, onClosed: () => void) {
    this.#toModem = toModem;
    this.#onClosed = onClosed;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#closedFor !== null)
      return Promise.reject(
        new Fault({
          code: "line.closed",
          disposition: "line",
          message: `The port of the simulated modem is closed: ${this.#closedFor}.`,
        }),
      );
    const copy = bytes.slice();
    setImmediate(() => this.#toModem(copy));
    return Promise.resolve();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener;
  }

  onClose(listener: (reason: string) => void): void {
    this.#closeListeners.push(listener);
  }

  close(): Promise<void> {
    this.end("closed by the user of the port");
    return Promise.resolve();
  }

  /** From the modem. */
  emit(bytes: Uint8Array): void {
    if (this.#closedFor === null) this.#onData(bytes);
  }

  end(reason: string): void {
    if (this.#closedFor !== null) return;
    this.#closedFor = reason;
    this.#onClosed();
    for (const listener of this.#closeListeners.splice(0)) listener(reason);
  }
}
