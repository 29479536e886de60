import type { Clock } from "../../runtime/clock.ts";
import type { Claim } from "../../store/store.ts";
import type { Rate } from "./accept.ts";
import { Pace } from "./pace.ts";

/** Claimed, recorded, not on the wire yet. `turn` counts up in the order in which the store gave them out. */
export type Ready = { readonly claim: Claim; readonly turn: number };

/** What the dispatcher knows of one Number's queue. The queue itself is on disk. */
export class NumberQueue {
  readonly number: string;
  readonly pace: Pace;
  /** How many Segments a claim under way asks for. */
  claiming = 0;
  onWire = 0;
  /** False only when the last claim found nothing and nothing was heard since. */
  mayHaveWork = true;
  /** Monotonic: when the first Message that backs off comes back. */
  dueAtMs: number | null = null;
  /** In order. */
  #ready: Ready[] = [];
  #turn = 0;

  constructor(number: string, clock: Clock, rate: () => Rate) {
    this.number = number;
    this.pace = new Pace(clock, rate);
  }

  get ready(): number {
    return this.#ready.length;
  }

  get held(): number {
    return this.#ready.length + this.claiming;
  }

  push(claims: readonly Claim[]): void {
    for (const claim of claims) this.#ready.push({ claim, turn: this.#turn++ });
  }

  shift(): Ready | undefined {
    return this.#ready.shift();
  }

  /** It was not taken: it goes out again before what comes after it. */
  putBack(back: Ready): void {
    const later = this.#ready.findIndex(({ turn }) => turn > back.turn);
    this.#ready.splice(later < 0 ? this.#ready.length : later, 0, back);
  }

  /** Takes back what is ready, all of it or one Message's. */
  withdraw(messageSid?: string): readonly Claim[] {
    const isOut = ({ claim }: Ready) => messageSid === undefined || claim.messageSid === messageSid;
    const out = this.#ready.filter(isOut);
    if (out.length > 0) this.#ready = this.#ready.filter((ready) => !isOut(ready));
    return out.map(({ claim }) => claim);
  }

  /** Keeps the first `keep`, takes back the rest. */
  trim(keep: number): readonly Claim[] {
    return this.#ready.splice(keep).map(({ claim }) => claim);
  }
}
