/**
 * A supply that is too weak is the first cause of modems that hang: a send on 2G draws 2 A for an instant. Some say
 * so themselves, others just start anew while they send. The operator is told once a day, not at each line.
 */
export type Voltage = "low" | "high";

const TOLD_EVERY_MS = 24 * 3_600_000;
/** So often within so long is no chance. */
const TIMES = 3;
const WITHIN_MS = 3_600_000;

const MEND =
  "give it a supply of at least 2 A, a short cable, and a hub with its own power instead of a port of the board";

const SENTENCES = {
  low: `the modem's supply voltage is too low: it restarts or goes away while it sends; ${MEND}`,
  high: "the modem's supply voltage is too high: it switches itself off; check its supply",
  away: `the modem went away ${TIMES} times within an hour while it was sending, most often because its supply is too weak; ${MEND}`,
} as const;

/** `UNDER-VOLTAGE WARNNING` (sic) of SIMCom, `UNDER_VOLTAGE WARNING` of Quectel's 2G, `+QIND: "vbatt",-1` of its LTE. */
export function voltageIn(line: string): Voltage | null {
  const side = /^(UNDER|OVER)[-_ ]VOLTAGE\b/.exec(line)?.[1];
  if (side !== undefined) return side === "UNDER" ? "low" : "high";
  const step = Number.parseInt(/^\+QIND: ?"vbatt", ?(-?\d+)/.exec(line)?.[1] ?? "0", 10);
  if (step === 0) return null;
  return step < 0 ? "low" : "high";
}

export class PowerSupply {
  readonly #toldAt = new Map<keyof typeof SENTENCES, number>();
  #away: number[] = [];

  /** The sentence for an event, or null when it is no news. `at` is monotonic, here and below. */
  warns(voltage: Voltage, at: number): string | null {
    return this.#news(voltage, at);
  }

  /** The modem restarted, or its port went, while it was sending. */
  goesAway(at: number): string | null {
    this.#away = [...this.#away.filter((before) => at - before < WITHIN_MS), at];
    return this.#away.length < TIMES ? null : this.#news("away", at);
  }

  #news(what: keyof typeof SENTENCES, at: number): string | null {
    const toldAt = this.#toldAt.get(what);
    if (toldAt !== undefined && at - toldAt < TOLD_EVERY_MS) return null;
    this.#toldAt.set(what, at);
    return SENTENCES[what];
  }
}
