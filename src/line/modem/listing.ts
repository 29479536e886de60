/**
 * Whether a modem ends its listings (`+CMGL`): the E1750 and its kin hang in them, and have to be opened anew to get
 * out. One that answers other commands and has not ended a listing is one of these. One that answers nothing may
 * only have died just then, so it takes two in a row. It is remembered by its IMEI.
 */
import type { Log } from "../../runtime/log.ts";
import type { LineMemory } from "../line.ts";

type Known = "ends" | "suspect" | "hangs";

export class Listing {
  readonly #memory: LineMemory;
  readonly #key: string;
  readonly #log: Log;
  #known: Known;

  private constructor(memory: LineMemory, key: string, log: Log, known: Known) {
    this.#memory = memory;
    this.#key = key;
    this.#log = log;
    this.#known = known;
  }

  /** `ends`: what its profile says. */
  static async of(
    modem: { readonly imei: string | null; readonly ends: boolean },
    { memory, log }: { readonly memory: LineMemory; readonly log: Log },
  ): Promise<Listing> {
    const key = `listing ${modem.imei ?? "unknown"}`;
    const noted = await memory.get(key);
    const known = noted === "hangs" || noted === "suspect" ? noted : "ends";
    return new Listing(memory, key, log, modem.ends ? known : "hangs");
  }

  get ends(): boolean {
    return this.#known !== "hangs";
  }

  /** One has ended. */
  async ended(): Promise<void> {
    if (this.#known === "suspect") await this.#note("ends");
  }

  /** Nothing came of one. `answers`: the modem answers other commands. */
  async hung(answers: boolean): Promise<void> {
    if (!answers && this.#known === "ends") {
      await this.#note("suspect");
      return;
    }
    this.#log.warn("the modem does not end its listings: its messages are read one by one from now on");
    await this.#note("hangs");
  }

  async #note(known: Known): Promise<void> {
    this.#known = known;
    await this.#memory.put(this.#key, known === "ends" ? "" : known);
  }
}
