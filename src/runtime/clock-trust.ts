/**
 * Whether the wall clock is to be believed (DESIGN §5). A board without a battery starts in the past. Its time is in
 * doubt when it is earlier than something that has already happened here, or while an NTP service runs and has not
 * synchronised it. An NTP service that has, or the mobile network's time, vouches for it. Pure.
 */
export type NtpState = "synchronised" | "unsynchronised" | "unknown";

/** Epoch milliseconds throughout. */
export type ClockFacts = {
  readonly now: number;
  readonly builtAt: number;
  /** Of the rows stored before this start; null where there are none. */
  readonly newestRowAt: number | null;
  readonly ntp: NtpState;
  /** The mobile network's time now; null while no modem has told it. */
  readonly networkNow: number | null;
};

/** A clock that is set back a little is no clock that started in the past. */
const SLACK_MS = 60_000;
/** Modems confuse zones (27.007 §8.15): what agrees to within the widest of them is the same time. */
const SAME_TIME_MS = 15 * 3_600_000;

/** The reason, or null: it is trusted. */
export function whyUntrusted({ now, builtAt, newestRowAt, ntp, networkNow }: ClockFacts): string | null {
  if (ntp === "synchronised") return null;
  if (isSameTime(networkNow, now)) return null;
  if (newestRowAt !== null && now < newestRowAt - SLACK_MS) {
    return `it shows an earlier time than the newest message stored here has (${dateOf(newestRowAt)})`;
  }
  if (now < builtAt - SLACK_MS) {
    return `it shows an earlier time than this program was built (${dateOf(builtAt)})`;
  }
  return ntp === "unsynchronised" ? "the NTP service has not synchronised it yet" : null;
}

/** Whether the mobile network's time, which may be of another zone, vouches for this one. */
export function isSameTime(networkNow: number | null, now: number): boolean {
  return networkNow !== null && Math.abs(networkNow - now) <= SAME_TIME_MS;
}

function dateOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
