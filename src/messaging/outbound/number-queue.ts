import type { Clock } from "../../runtime/clock.ts";
import type { Claim, Lane } from "../../store/store.ts";
import type { Rate } from "./accept.ts";
import { Pace } from "./pace.ts";

/** Claimed, recorded, not on the wire yet. `turn` counts up in the order in which the store gave them out. */
export type Ready = {
  readonly claim: Claim;
  readonly turn: number;
  /** Monotonic. */
  readonly sinceMs: number;
};

/** What the dispatcher knows of one Number's queue. The queue itself is on disk. */
export class NumberQueue {
  readonly number: string;
  readonly pace: Pace;
  readonly #clock: Clock;
  /** How many Segments a claim under way asks for. */
  claiming = 0;
  onWire = 0;
  /** False only when the last claim found nothing and nothing was heard since. */
  mayHaveWork = true;
  /** False only when a claim left no single message behind and none was heard of since. */
  mayHaveSingle = true;
  /** Monotonic: when the first Message that backs off comes back. */
  dueAtMs: number | null = null;
  /** Single messages before broadcasts, in order within each. */
  #ready: Ready[] = [];
  #turn = 0;

  constructor(number: string, clock: Clock, rate: () => Rate) {
    this.number = number;
    this.#clock = clock;
    this.pace = new Pace(clock, rate);
  }

  get ready(): number {
    return this.#ready.length;
  }

  get readyBroadcasts(): number {
    const last = this.#ready.at(-1);
    if (last === undefined || !isBroadcast(last)) return 0;
    return this.#ready.length - this.#ready.findIndex(isBroadcast);
  }

  /** Of the one that goes next; null when none is ready. */
  get nextLane(): Lane | null {
    return this.#ready[0]?.claim.lane ?? null;
  }

  get held(): number {
    return this.#ready.length + this.claiming;
  }

  push(claims: readonly Claim[]): void {
    const sinceMs = this.#clock.monotonicMs();
    for (const claim of claims) this.putBack({ claim, turn: this.#turn++, sinceMs });
  }

  shift(): Ready | undefined {
    return this.#ready.shift();
  }

  /** It was not taken: it goes out again before what comes after it. */
  putBack(back: Ready): void {
    const last = this.#ready.at(-1);
    if (last === undefined || !goesAfter(last, back)) this.#ready.push(back);
    else
      this.#ready.splice(
        this.#ready.findIndex((ready) => goesAfter(ready, back)),
        0,
        back,
      );
  }

  /** Takes back what is ready, all of it or one Message's. */
  withdraw(messageSid?: string): readonly Claim[] {
    return this.#take(({ claim }) => messageSid === undefined || claim.messageSid === messageSid);
  }

  /** Takes back the broadcasts that have been ready since before an instant (monotonic). */
  withdrawBroadcasts(beforeMs: number): readonly Claim[] {
    return this.#take((ready) => isBroadcast(ready) && ready.sinceMs < beforeMs);
  }

  /** Keeps the first `keep`, takes back the rest. */
  trim(keep: number): readonly Claim[] {
    return this.#ready.splice(keep).map(({ claim }) => claim);
  }

  #take(isOut: (ready: Ready) => boolean): readonly Claim[] {
    const out = this.#ready.filter(isOut);
    if (out.length > 0) this.#ready = this.#ready.filter((ready) => !isOut(ready));
    return out.map(({ claim }) => claim);
  }
}

function isBroadcast({ claim }: Ready): boolean {
  return claim.lane === "broadcast";
}

function goesAfter(ready: Ready, other: Ready): boolean {
  return isBroadcast(ready) === isBroadcast(other) ? ready.turn > other.turn : isBroadcast(ready);
}
