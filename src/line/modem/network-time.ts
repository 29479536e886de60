/**
 * The network's time (NITZ). `*PSUTTZ` is SIMCom's, in UTC; `+CTZE` (27.007 §8.41) is local with its zone in
 * quarters of an hour, `+CTZEU` universal; a `+CTZV` holds the zone alone, and is a reason to ask the clock.
 *
 * The modem's own clock (`+CCLK`, 27.007 §8.15) is believed only where it is set by the network (`+CTZU=1`), and not
 * when it shows the year it was made with. Some firmware keeps UTC in it and names the zone all the same, so what
 * comes of it may be hours off: enough to know that a date is right.
 */
import { type Ask, lineOf, may } from "./ask.ts";
import { afterColon, fieldsOf } from "./at/command.ts";
import { query, set } from "./commands.ts";

const QUARTER_MS = 15 * 60_000;
/** Clocks that nobody set show 1970, 1980 or 2004. */
const EARLIEST_MS = Date.UTC(2024, 0, 1);
const LATEST_MS = Date.UTC(2070, 0, 1);

export class NetworkTime {
  readonly #ask: Ask;
  readonly #onTime: (epochMs: number) => void;
  #follows = false;

  constructor(options: { readonly ask: Ask; readonly onTime: (epochMs: number) => void }) {
    this.#ask = options.ask;
    this.#onTime = options.onTime;
  }

  /** Has the modem set its clock by the network and tell of it; passes on what the clock shows then. */
  async follow(): Promise<void> {
    this.#follows = (await may(this.#ask, set("AT+CTZU=1"))) !== null;
    if ((await may(this.#ask, set("AT+CTZR=2"))) === null) await may(this.#ask, set("AT+CTZR=1"));
    await this.#askClock();
  }

  /** True when the line was about the time. */
  hears(text: string): boolean {
    if (!/^(?:\*PSUTTZ|\+CTZ(?:V|EU?)):/.test(text)) return false;
    this.#tell(networkTimeIn(text));
    // A link that is lost meanwhile is told of elsewhere.
    if (text.startsWith("+CTZV:")) this.#askClock().catch(() => undefined);
    return true;
  }

  async #askClock(): Promise<void> {
    if (!this.#follows) return;
    const line = await lineOf(this.#ask, query("AT+CCLK?"));
    if (line !== null) this.#tell(networkTimeIn(line));
  }

  #tell(epochMs: number | null): void {
    if (epochMs !== null) this.#onTime(epochMs);
  }
}

/** Epoch milliseconds; null for a line that tells no time, or none that can be. */
export function networkTimeIn(line: string): number | null {
  const time = told(line);
  return time !== null && time >= EARLIEST_MS && time < LATEST_MS ? time : null;
}

function told(line: string): number | null {
  if (line.startsWith("*PSUTTZ:")) return utcOf(numbersIn(afterColon(line)));
  const [first = "", , third = ""] = fieldsOf(line);
  if (line.startsWith("+CTZEU:")) return utcOf(numbersIn(third));
  if (line.startsWith("+CTZE:")) return local(third, first);
  if (!line.startsWith("+CCLK:")) return null;
  const [, clock = "", zone = ""] = /^([\d/]+,[\d:]+)([+-]\d{1,2})$/.exec(first) ?? [];
  return local(clock, zone);
}

function local(clock: string, zone: string): number | null {
  const quarters = /^[+-]\d{1,2}$/.test(zone) ? Number.parseInt(zone, 10) : null;
  const time = utcOf(numbersIn(clock));
  return quarters === null || time === null ? null : time - quarters * QUARTER_MS;
}

function numbersIn(text: string): readonly number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** Year, month, day, hour, minute, second; a year of two digits is of this century, or was 1970 or 1980. */
function utcOf(numbers: readonly number[]): number | null {
  const [year = -1, month = 0, day = 0, hour = 99, minute = 99, second = 99] = numbers;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return null;
  return Date.UTC(year < 100 ? 2000 + year : year, month - 1, day, hour, minute, second);
}
