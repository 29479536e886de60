/**
 * What came from the SMSC and is not answered yet. It is handed over at once, many at a time, so that the disk can
 * take them in one commit; each is answered when its own is kept: ESME_ROK, or ESME_RX_T_APPN for the SMSC to offer
 * it again (SMPP 3.4 §5.1.3). At `window` of them nothing more is read, so that what waits stays at the SMSC.
 */
import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { Kept } from "../line.ts";
import { ESME_ROK, ESME_RX_T_APPN } from "./command-status.ts";
import type { Received } from "./session.ts";

export type InboundDeskOptions = {
  readonly window: number;
  readonly log: Log;
  readonly hand: (received: Received) => Promise<Kept>;
  readonly onFull: () => void;
  readonly onRoom: () => void;
};

export class InboundDesk {
  readonly #options: InboundDeskOptions;
  readonly #handing = new Set<Promise<void>>();

  constructor(options: InboundDeskOptions) {
    this.#options = options;
  }

  get inHand(): number {
    return this.#handing.size;
  }

  take(received: Received, respond: (status: number) => void): void {
    const { window, onFull, onRoom } = this.#options;
    const handing = this.#hand(received, respond).finally(() => {
      this.#handing.delete(handing);
      if (this.#handing.size === window - 1) onRoom();
    });
    this.#handing.add(handing);
    if (this.#handing.size >= window) onFull();
  }

  /** Settles when all that is in hand now has been answered. */
  async idle(): Promise<void> {
    await Promise.all(this.#handing);
  }

  async #hand(received: Received, respond: (status: number) => void): Promise<void> {
    let kept: Kept = "refused";
    try {
      kept = await this.#options.hand(received);
    } catch (error) {
      this.#options.log.error({ reason: reasonOf(error) }, `a ${received.command} was not kept`);
    }
    respond(kept === "kept" ? ESME_ROK : ESME_RX_T_APPN);
  }
}
