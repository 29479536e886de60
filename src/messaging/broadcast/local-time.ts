/** What a clock on the wall shows in a zone, and the quiet hours on it. Pure. */
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** Further from a wall than any offset and any gap; no zone changes its clocks twice within the double of it. */
const AROUND_MS = 2 * DAY_MINUTES * MINUTE_MS;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes of the day, `from` inclusive, `until` exclusive; `from` after `until` spans midnight. */
export type QuietHours = { readonly from: number; readonly until: number };

export function isQuiet(quiet: QuietHours | null, at: number, timeZone: string): boolean {
  if (quiet === null) return false;
  const minute = minuteOfDay(at, timeZone);
  const { from, until } = quiet;
  return from <= until ? minute >= from && minute < until : minute >= from || minute < until;
}

/** When they begin next; now where they are on. Null: never. */
export function nextQuiet(quiet: QuietHours | null, at: number, timeZone: string): number | null {
  if (quiet === null) return null;
  return isQuiet(quiet, at, timeZone) ? at : nextMinute(quiet.from, at, timeZone);
}

/** When they end, where they are on; `at` itself where they are not. */
export function endOfQuiet(quiet: QuietHours | null, at: number, timeZone: string): number {
  return quiet !== null && isQuiet(quiet, at, timeZone) ? nextMinute(quiet.until, at, timeZone) : at;
}

/** `2026-03-29 07:00 GMT+2`: what a person there reads. */
export function localText(at: number, timeZone: string): string {
  const { year, month, day, hour, minute, timeZoneName } = partsOf(at, timeZone);
  return `${year}-${month}-${day} ${hour}:${minute} ${timeZoneName}`;
}

/**
 * What the wall shows, to the minute, written as the instant at which UTC shows the same: walls are counted and compared
 * like instants, and know no change of clocks.
 */
export function wallAt(at: number, timeZone: string): number {
  const { year, month, day, hour, minute } = partsOf(at, timeZone);
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
}

/** The first instant at which the wall shows it; where it never does, the one at which the gap that holds it is over. */
export function instantOf(wall: number, timeZone: string): number {
  const offsetAt = (at: number) => wallAt(at, timeZone) - at;
  const before = offsetAt(wall - AROUND_MS);
  const after = offsetAt(wall + AROUND_MS);
  if (before === after) return wall - before;
  const first = [wall - before, wall - after].filter((at) => offsetAt(at) === wall - at);
  if (first.length > 0) return Math.min(...first);
  let inOld = (wall - after) / MINUTE_MS;
  let inNew = (wall - before) / MINUTE_MS;
  while (inNew - inOld > 1) {
    const middle = Math.floor((inOld + inNew) / 2);
    if (offsetAt(middle * MINUTE_MS) === before) inOld = middle;
    else inNew = middle;
  }
  return inNew * MINUTE_MS;
}

/** The next instant at which the wall shows `minute`; where the clocks change in between it is put right once. */
function nextMinute(minute: number, at: number, timeZone: string): number {
  const start = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  const ahead =
    (((minute - minuteOfDay(start, timeZone)) % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const guess = start + ahead * MINUTE_MS;
  const off = minute - minuteOfDay(guess, timeZone);
  const nearest =
    off > DAY_MINUTES / 2 ? off - DAY_MINUTES : off < -DAY_MINUTES / 2 ? off + DAY_MINUTES : off;
  return guess + nearest * MINUTE_MS;
}

function minuteOfDay(at: number, timeZone: string): number {
  const { hour, minute } = partsOf(at, timeZone);
  return Number(hour) * 60 + Number(minute);
}

function partsOf(at: number, timeZone: string): Record<string, string> {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZoneName: "shortOffset",
    });
    formats.set(timeZone, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}
