/**
 * The dates clients write in filters (contract §1.5): ISO 8601 with or without a time, RFC 2822, and
 * `MM/DD/YYYY HH:MM:SS TZ`. A date is read as the stretch of time it names: a day, a minute, a second, a
 * millisecond. So "on or before" is "before the end of it", and a message shown with that second is in. Without
 * a zone it is UTC.
 */

/** Epoch milliseconds; `until` is exclusive. */
export type Stretch = { readonly from: number; readonly until: number };

const TIME =
  "(?<hour>\\d{2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,](?<fraction>\\d{1,9}))?)?\\s*(?<zone>[A-Za-z]{1,4}|[+ -]\\d{2}:?\\d{2})?";
const ISO = new RegExp(`^(?<year>\\d{4})-(?<month>\\d{2})-(?<day>\\d{2})(?:[T ]${TIME})?$`, "i");
const RFC_2822 = new RegExp(
  `^(?:[A-Za-z]{3},\\s*)?(?<day>\\d{1,2})\\s+(?<name>[A-Za-z]{3})\\s+(?<year>\\d{4})(?:\\s+${TIME})?$`,
);
const SLASHED = new RegExp(`^(?<month>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{4})(?:\\s+${TIME})?$`);

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** RFC 2822 §4.3, in minutes east of Greenwich. */
const ZONES: Readonly<Record<string, number>> = {
  z: 0,
  ut: 0,
  utc: 0,
  gmt: 0,
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export function parseDate(text: string): Stretch | null {
  const trimmed = text.trim();
  const groups = (ISO.exec(trimmed) ?? RFC_2822.exec(trimmed) ?? SLASHED.exec(trimmed))?.groups;
  if (groups === undefined) return null;
  const midnight = midnightOf(groups);
  if (midnight === null) return null;
  const { hour, minute, second, fraction, zone } = groups;
  if (hour === undefined) return { from: midnight, until: midnight + DAY_MS };
  const offsetMinutes = offsetOf(zone);
  if (offsetMinutes === null || Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 60)
    return null;
  const ms = Number((fraction ?? "").padEnd(3, "0").slice(0, 3));
  const from =
    midnight +
    (Number(hour) * 60 + Number(minute) - offsetMinutes) * MINUTE_MS +
    Number(second ?? 0) * 1000 +
    ms;
  return { from, until: from + (second === undefined ? MINUTE_MS : fraction === undefined ? 1000 : 1) };
}

/** The UTC calendar day in which a stretch begins. */
export function dayOf(stretch: Stretch): Stretch {
  const from = Math.floor(stretch.from / DAY_MS) * DAY_MS;
  return { from, until: from + DAY_MS };
}

/** Null for a day the calendar does not have. */
function midnightOf(groups: Record<string, string | undefined>): number | null {
  const month =
    groups["name"] === undefined ? Number(groups["month"]) - 1 : MONTHS.indexOf(groups["name"].toLowerCase());
  const day = Number(groups["day"]);
  const midnight = Date.UTC(Number(groups["year"]), month, day);
  const date = new Date(midnight);
  return month >= 0 && date.getUTCMonth() === month && date.getUTCDate() === day ? midnight : null;
}

/** Null for a zone nobody knows. A `+` that was not percent-encoded is a space by now. */
function offsetOf(zone: string | undefined): number | null {
  if (zone === undefined) return 0;
  const numeric = /^([+ -])(\d{2}):?(\d{2})$/.exec(zone);
  if (numeric === null) return ZONES[zone.toLowerCase()] ?? null;
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3]);
  return numeric[1] === "-" ? -minutes : minutes;
}
