/** What belongs to the SIM and survives the modem's reset: identity, PIN counter, `+CSCA`, the last TP-MR. */

export type SimState = "ready" | "pin" | "puk";

export type SimCardOptions = {
  readonly number: string;
  readonly iccid?: string | undefined;
  readonly imsi?: string | undefined;
  /** null: no PIN asked. */
  readonly pin?: string | null | undefined;
  readonly smsc: string;
  /** The TP-MR last used; the next one is one more, after 255 comes 0. Default 0. */
  readonly lastTpMr?: number | undefined;
};

const PIN_TRIES = 3;

export class SimCard {
  readonly number: string;
  readonly iccid: string;
  readonly imsi: string;
  smsc: string;
  readonly #pin: string | null;
  #triesLeft = PIN_TRIES;
  #unlocked: boolean;
  #lastTpMr: number;

  constructor(options: SimCardOptions) {
    const digits = options.number.replace(/\D/g, "").slice(-10).padStart(10, "0");
    this.number = options.number;
    this.iccid = options.iccid ?? `89330000${digits}1`;
    this.imsi = options.imsi ?? `00101${digits}`;
    this.smsc = options.smsc;
    this.#pin = options.pin ?? null;
    this.#unlocked = this.#pin === null;
    this.#lastTpMr = options.lastTpMr ?? 0;
  }

  get state(): SimState {
    if (this.#triesLeft === 0) return "puk";
    return this.#unlocked ? "ready" : "pin";
  }

  get triesLeft(): number {
    return this.#triesLeft;
  }

  /** A wrong PIN costs a try; the third one locks the card. */
  enter(pin: string): boolean {
    if (this.state !== "pin") return false;
    this.#unlocked = pin === this.#pin;
    this.#triesLeft = this.#unlocked ? PIN_TRIES : this.#triesLeft - 1;
    return this.#unlocked;
  }

  powerCycle(): void {
    this.#unlocked = this.#pin === null;
  }

  nextTpMr(): number {
    this.#lastTpMr = (this.#lastTpMr + 1) & 255;
    return this.#lastTpMr;
  }
}
