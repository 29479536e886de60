/**
 * What came from the SMSC and is not answered yet. It is handed over at once, many at a time, so that the disk can
 * take them in one commit; each is answered when its own is kept: ESME_ROK, or ESME_RX_T_APPN for the SMSC to offer
 * it again (SMPP 3.4 §5.1.3). At `window` of them nothing more is read, so that what waits stays at the SMSC.
 */
import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import { toHex } from "../../sms/hex.ts";
import type { Kept } from "../line.ts";
import { ESME_ROK, ESME_RX_T_APPN } from "./command-status.ts";
import type { FromSmsc } from "./from-smsc.ts";
import { HEADER_OCTETS } from "./header.ts";
import type { Repeats } from "./repeats.ts";
import type { Received, Session } from "./session.ts";

export type InboundDeskOptions = {
  readonly window: number;
  readonly log: Log;
  readonly repeats: Repeats;
  readonly read: (received: Received) => FromSmsc;
  /** `fingerprint` is an inbound segment's. */
  readonly hand: (arrived: FromSmsc, fingerprint: string) => Promise<Kept>;
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

  take(received: Received, session: Session): void {
    const { window, onFull, onRoom } = this.#options;
    const handing = this.#hand(received, session).finally(() => {
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

  async #hand(received: Received, session: Session): Promise<void> {
    const { repeats, hand, log } = this.#options;
    const arrived = this.#read(received);
    const isInbound = arrived.is === "inbound";
    const fingerprint = isInbound ? await repeats.begin(received.octets.subarray(HEADER_OCTETS)) : null;
    let kept: Kept = "refused";
    try {
      kept = await hand(arrived, fingerprint ?? "");
    } catch (error) {
      log.error({ reason: reasonOf(error) }, `a ${received.command} was not kept`);
    }
    const answered = session.respond(received, kept === "kept" ? ESME_ROK : ESME_RX_T_APPN);
    if (fingerprint === null) return;
    if (answered && kept === "kept") repeats.acknowledged(fingerprint, session);
    else repeats.unacknowledged(fingerprint);
  }

  /** Whatever it is, it must not come for ever: what no reader can take is kept as it is. */
  #read(received: Received): FromSmsc {
    try {
      return this.#options.read(received);
    } catch (error) {
      return { is: "undecodable", raw: toHex(received.octets), why: reasonOf(error) };
    }
  }
}
