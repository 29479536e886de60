/**
 * Opening and closing a port, each within its time. The kernel may not come back from either while a USB device is
 * half gone, and a socket's partner may be silent for minutes: the recovery ladder must not wait for that.
 */
import type { Clock } from "../../runtime/clock.ts";
import { Fault } from "../../runtime/fault.ts";
import type { BytePort, OpenPort } from "../byte-port.ts";

/** Longer than looking for a modem on many ports, or for its speed. */
const OPEN_MS = 120_000;
/** The kernel itself waits 30 s for what is still to be written. */
const CLOSE_MS = 35_000;

export function openedInTime(open: OpenPort, clock: Clock): OpenPort {
  return async (signal) => {
    signal.throwIfAborted();
    const over = new AbortController();
    const onAbort = () => over.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = clock.timer(OPEN_MS, () => over.abort(notOpened()));
    const opening = (async () => open(over.signal))();
    try {
      return closedInTime(await Promise.race([opening, aborted(over.signal)]), clock);
    } catch (error) {
      // One that opens after all is nobody's.
      opening.then((port) => port.close()).catch(() => undefined);
      throw error;
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  };
}

function closedInTime(port: BytePort, clock: Clock): BytePort {
  return {
    write: (bytes) => port.write(bytes),
    onData: (listener) => port.onData(listener),
    onClose: (listener) => port.onClose(listener),
    close: async () => {
      const closed = new AbortController();
      const late = clock.sleep(CLOSE_MS, { signal: closed.signal }).catch(() => undefined);
      try {
        await Promise.race([port.close(), late]);
      } finally {
        closed.abort();
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function notOpened(): Fault {
  return new Fault({
    code: "line.closed",
    disposition: "line",
    message: `the port was not opened within ${OPEN_MS / 1000} s: unplug the modem and plug it in again, or check the hub`,
  });
}
