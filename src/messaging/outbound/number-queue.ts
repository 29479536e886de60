import type { Clock } from "../../runtime/clock.ts";
import type { Claim } from "../../store/store.ts";
import type { Rate } from "./accept.ts";
import { Pace } from "./pace.ts";

/** What the dispatcher knows of one Number's queue. The queue itself is on disk. */
export class NumberQueue {
  readonly number: string;
  readonly pace: Pace;
  /** Claimed, recorded, not on the wire yet; in order. */
  ready: Claim[] = [];
  /** How many Segments a claim under way asks for. */
  claiming = 0;
  onWire = 0;
  /** False only when the last claim found nothing and nothing was heard since. */
  mayHaveWork = true;
  /** Monotonic: when the first Message that backs off comes back. */
  dueAtMs: number | null = null;

  constructor(number: string, clock: Clock, rate: () => Rate) {
    this.number = number;
    this.pace = new Pace(clock, rate);
  }

  get held(): number {
    return this.ready.length + this.claiming;
  }

  /** Takes back what is ready, all of it or one Message's. */
  withdraw(messageSid?: string): readonly Claim[] {
    const out = this.ready.filter((claim) => messageSid === undefined || claim.messageSid === messageSid);
    this.ready = this.ready.filter((claim) => !out.includes(claim));
    return out;
  }
}
