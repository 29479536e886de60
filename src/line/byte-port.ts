/**
 * Bytes both ways: a serial port, a TCP socket or the in-memory modem. Single-use: after a close a new one is
 * opened, never the old one reopened.
 */
export interface BytePort {
  /** Settles when the bytes have left this process (drained); rejects once the port is closed. */
  write(bytes: Uint8Array): Promise<void>;
  /** One listener; set before any byte can arrive (the tick the port was opened in). */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Called once, whoever closed it. `reason` is for a person. */
  onClose(listener: (reason: string) => void): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Rejects with a Fault (`line.closed`) whose message names the device and the mend. */
export type OpenPort = (signal: AbortSignal) => Promise<BytePort>;
