/**
 * Whether the wall clock is to be believed (DESIGN §5). A board without a battery starts in the past. Its time is in
 * doubt when it is earlier than something that has already happened here, or while an NTP service runs and has not
 * synchronised it. An NTP service that has, the mobile network's time, or the operator vouches for it. Pure.
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
  /** The operator's now, from the instant they vouched for; null while they have not. */
  readonly vouchedNow: number | null;
  /** The operator says that it goes on while the power is off: that NTP has not set it is no doubt then. */
  readonly hasBattery: boolean;
};

/** A clock that is set back a little is no clock that started in the past. */
const SLACK_MS = 60_000;
/** Modems confuse zones (27.007 §8.15): what agrees to within the widest of them is the same time. */
const SAME_TIME_MS = 15 * 3_600_000;

/** The reason, or null: it is trusted. */
export function whyUntrusted(facts: ClockFacts): string | null {
  const { now, builtAt, newestRowAt, ntp, networkNow, vouchedNow, hasBattery } = facts;
  if (ntp === "synchronised") return null;
  if (isSameTime(networkNow, now)) return null;
  if (isVouchedFor(vouchedNow, now)) return null;
  if (newestRowAt !== null && now < newestRowAt - SLACK_MS) {
    return `it shows an earlier time than the newest message stored here has (${dateOf(newestRowAt)})`;
  }
  if (now < builtAt - SLACK_MS) {
    return `it shows an earlier time than this program was built (${dateOf(builtAt)})`;
  }
  return ntp === "unsynchronised" && !hasBattery ? "the NTP service has not synchronised it yet" : null;
}

/** Whether the mobile network's time, which may be of another zone, vouches for this one. */
export function isSameTime(networkNow: number | null, now: number): boolean {
  return networkNow !== null && Math.abs(networkNow - now) <= SAME_TIME_MS;
}

/** Whether the operator does, who means this very time. */
export function isVouchedFor(vouchedNow: number | null, now: number): boolean {
  return vouchedNow !== null && Math.abs(vouchedNow - now) <= SLACK_MS;
}

function dateOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
