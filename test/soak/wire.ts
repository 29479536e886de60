import type { BytePort } from "../../src/line/byte-port.ts";
import type { Clock } from "../../src/runtime/clock.ts";

const CTRL_Z = 0x1a;
/** The driver waits this long for `+CMGS`; what comes later is no answer. */
const ANSWER_WITHIN_MS = 180_000;
/** Errors after which nobody knows whether the network has it (27.005 §3.2.5, vendors). */
const DOUBTFUL = /\+CM[SE] ERROR: (?:332|500|513|521)\b/;
const RESULT = /\+CMGS: \d+|\+CM[SE] ERROR: \d+|ERROR/;

/**
 * Looks at one modem's wire and counts its accidents: PDUs given to the modem whose answer never came to the
 * driver, came too late, or said nothing. Only these may be sent again unasked.
 */
export class WireWatch {
  readonly #clock: Clock;
  #sentAt: number | null = null;
  #said = "";
  accidents = 0;
  handed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  watch(port: BytePort): BytePort {
    return {
      write: (bytes) => {
        if (bytes.includes(CTRL_Z)) this.#handOver();
        return port.write(bytes);
      },
      onData: (listener) =>
        port.onData((bytes) => {
          this.#hear(Buffer.from(bytes).toString("latin1"));
          listener(bytes);
        }),
      onClose: (listener) =>
        port.onClose((reason) => {
          this.broken();
          listener(reason);
        }),
      close: () => {
        this.broken();
        return port.close();
      },
    };
  }

  /** The process or the port is gone: what was on the wire has no answer any more. */
  broken(): void {
    if (this.#sentAt !== null) this.accidents += 1;
    this.#sentAt = null;
  }

  #handOver(): void {
    this.broken();
    this.handed += 1;
    this.#sentAt = this.#clock.monotonicMs();
    this.#said = "";
  }

  #hear(text: string): void {
    if (this.#sentAt === null) return;
    this.#said += text;
    const isOver = /(?:OK|ERROR(?:: \d+)?)\r\n/.test(this.#said) && RESULT.test(this.#said);
    const restarted = /\r\nRDY\r\n/.test(this.#said);
    if (!isOver && !restarted) return;
    const isLate = this.#clock.monotonicMs() - this.#sentAt > ANSWER_WITHIN_MS;
    if (restarted || isLate || DOUBTFUL.test(this.#said)) this.broken();
    this.#sentAt = null;
  }
}
