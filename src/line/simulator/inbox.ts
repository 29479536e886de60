/**
 * What happens to a TPDU that comes over the air (27.005 §3.4.1): stored and announced, handed to the TE, or lost
 * because nobody asked for it.
 *
 * With `+CSMS: 1` a TPDU handed to the TE waits for `+CNMA`. None in time: the network is told nothing, and mt
 * and ds become 0 (27.005 §3.4.4), so a TE that does not look goes deaf. Codes are kept back while `<mode>` is 0.
 */

import { encodeSmsc } from "./codec/address.ts";
import { hexOf } from "./codec/octets.ts";
import { isStatusReport } from "./codec/tpdu.ts";
import { isForTheSim } from "./codec/user-data.ts";
import type { Cnmi, Settings } from "./settings.ts";
import type { MessageStorage, StorageName } from "./storage.ts";
import type { Verdict } from "./subscriber.ts";

/** The most codes kept back in mode 0; the oldest go first. */
const CODES_KEPT_BACK = 50;

export type InboxHost = {
  readonly settings: () => Settings;
  readonly storages: Readonly<Record<StorageName, MessageStorage>>;
  /** The service centre's address, in front of every TPDU. */
  readonly smsc: string;
  readonly unsolicited: (line: string) => void;
  readonly after: (ms: number, fire: () => void) => void;
  /** How long the TE may take for `+CNMA`. */
  readonly ackWindowMs: number;
};

export class Inbox {
  readonly #host: InboxHost;
  #unacknowledged: ((verdict: Verdict) => void) | null = null;
  #keptBack: string[] = [];

  constructor(host: InboxHost) {
    this.#host = host;
  }

  receive(tpdu: Uint8Array, answer: (verdict: Verdict) => void): void {
    const { cnmi, cmgf, cpms } = this.#host.settings();
    if (isStatusReport(tpdu)) {
      if (cnmi.ds === 2) this.#store("SR", "+CDSI", tpdu, answer);
      else if (cnmi.ds === 1 && cmgf === 0) this.#hand(`+CDS: ${tpdu.length}`, tpdu, answer);
      else answer("taken");
      return;
    }
    const forTheSim = isForTheSim(dcsOf(tpdu));
    if (cnmi.mt === 2 && cmgf === 0 && !forTheSim) this.#hand(`+CMT: ,${tpdu.length}`, tpdu, answer);
    else this.#store(forTheSim ? "SM" : cpms[2], cnmi.mt === 0 ? null : "+CMTI", tpdu, answer);
  }

  /** `+CNMA`. false: nothing waits for it. */
  acknowledge(positive: boolean): boolean {
    const answer = this.#unacknowledged;
    if (answer === null) return false;
    this.#unacknowledged = null;
    answer(positive ? "taken" : "refused");
    return true;
  }

  /** `+CNMI` has been set: codes kept back in mode 0 are printed, or cleared when `<bfr>` says so. */
  routingChanged(cnmi: Cnmi): void {
    if (cnmi.mode === 0) return;
    const lines = this.#keptBack;
    this.#keptBack = [];
    if (cnmi.bfr === 0) for (const line of lines) this.#host.unsolicited(line);
  }

  /** Power-up: what waited for `+CNMA` was never acknowledged. */
  reset(): void {
    this.#keptBack = [];
    this.acknowledge(false);
  }

  #store(into: StorageName, code: string | null, tpdu: Uint8Array, answer: (verdict: Verdict) => void): void {
    const hex = this.#printed(tpdu);
    const index = this.#host.storages[into].put({ stat: 0, hex, length: tpdu.length });
    if (index === null) {
      answer("full");
      return;
    }
    answer("taken");
    if (code !== null) this.#indicate(`${code}: "${into}",${index}`);
  }

  #hand(header: string, tpdu: Uint8Array, answer: (verdict: Verdict) => void): void {
    this.#indicate(`${header}\r\n${this.#printed(tpdu)}`);
    if (this.#host.settings().csms === 0) {
      answer("taken");
      return;
    }
    this.#unacknowledged = answer;
    this.#host.after(this.#host.ackWindowMs, () => {
      if (this.#unacknowledged !== answer) return;
      const settings = this.#host.settings();
      settings.cnmi = { ...settings.cnmi, mt: 0, ds: 0 };
      this.acknowledge(false);
    });
  }

  #indicate(line: string): void {
    if (this.#host.settings().cnmi.mode !== 0) this.#host.unsolicited(line);
    else this.#keptBack = [...this.#keptBack, line].slice(-CODES_KEPT_BACK);
  }

  #printed(tpdu: Uint8Array): string {
    return hexOf(encodeSmsc(this.#host.smsc)) + hexOf(tpdu);
  }
}

/** TP-DCS of a DELIVER; 0 when it is too short to have one. */
function dcsOf(tpdu: Uint8Array): number {
  return tpdu[4 + Math.ceil((tpdu[1] ?? 0) / 2)] ?? 0;
}
