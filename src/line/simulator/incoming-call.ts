/** Somebody rings the modem: RING every five seconds, the number where it is asked for, until it is rung off. */

export type IncomingCallOptions = {
  readonly unsolicited: (line: string) => void;
  readonly after: (ms: number, fire: () => void) => void;
  /** Whether the TE wants to know who rings (`+CLIP`). */
  readonly showsCaller: () => boolean;
};

const RING_MS = 5000;
/** Then the caller gives up. */
const RINGS = 6;

export class IncomingCall {
  readonly #options: IncomingCallOptions;
  /** Counts the calls: a RING of an earlier one is nobody's. */
  #call = 0;
  #ringing = false;

  constructor(options: IncomingCallOptions) {
    this.#options = options;
  }

  /** False: somebody rings already. `from`: "" for a withheld number. */
  begin(from: string): boolean {
    if (this.#ringing) return false;
    this.#ringing = true;
    this.#call += 1;
    this.#ring(from, this.#call, RINGS);
    return true;
  }

  end(): void {
    if (!this.#ringing) return;
    this.#ringing = false;
    this.#options.after(0, () => this.#options.unsolicited("NO CARRIER"));
  }

  /** Power gone: nothing is said of it. */
  reset(): void {
    this.#ringing = false;
  }

  #ring(from: string, call: number, left: number): void {
    if (!this.#ringing || call !== this.#call) return;
    if (left === 0) {
      this.end();
      return;
    }
    const { unsolicited, after, showsCaller } = this.#options;
    unsolicited("RING");
    if (showsCaller())
      unsolicited(`+CLIP: "${from}",${from.startsWith("+") ? 145 : 129},,,,${from === "" ? 1 : 0}`);
    after(RING_MS, () => this.#ring(from, call, left - 1));
  }
}
