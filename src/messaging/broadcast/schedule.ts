/**
 * When a broadcast is due: a cron expression of five fields read in an IANA zone, or one instant. Pure, and the door of
 * `croner`, which finds the wall times that an expression names and never runs a timer. It is asked in UTC, as if the
 * wall's clock were never changed.
 *
 * The clocks change by one rule: every wall time that the expression names runs once. One that exists twice runs the first
 * time; those that do not exist run when the gap is over, all of them as one.
 */
import { Cron } from "croner";
import { instantOf, wallAt } from "./local-time.ts";

export type Schedule = {
  /** Strictly after `after`, in order, at most `count`. Epoch milliseconds throughout. */
  readonly next: (after: number, count: number) => readonly number[];
  /** The newest in (`after`, `until`], and how many there are, counted up to 1,000; null when there is none. */
  readonly newestIn: (after: number, until: number) => { readonly at: number; readonly count: number } | null;
};

export type Reading =
  | { readonly is: "schedule"; readonly schedule: Schedule }
  | { readonly is: "wrong"; readonly why: string };

const HOUR_MS = 3_600_000;
/** The newest is looked for close to the end first: a year without power holds half a million minutes. */
const LOOK_BACK_MS = [HOUR_MS, 48 * HOUR_MS, Number.POSITIVE_INFINITY];
const MOST_COUNTED = 1000;

export function readCron(expression: string, timeZone: string, now: number): Reading {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) {
    return wrong(
      `it has ${fields.length} fields where five are wanted: minute, hour, day of month, month, day of week`,
    );
  }
  let cron: Cron;
  try {
    cron = new Cron(fields.join(" "), { timezone: "UTC", mode: "5-part" });
  } catch (error) {
    return wrong(error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "it cannot be read");
  }
  const next = (after: number, count: number) => {
    const instants: number[] = [];
    let wall: Date | null = new Date(wallAt(after, timeZone));
    while (instants.length < count) {
      wall = cron.nextRun(wall);
      if (wall === null) break;
      const at = instantOf(wall.getTime(), timeZone);
      if (at > (instants.at(-1) ?? after)) instants.push(at);
    }
    return instants;
  };
  if (next(now, 1).length === 0) return wrong("no day there is ever fits it");
  return { is: "schedule", schedule: { next, newestIn: (after, until) => newestIn(next, after, until) } };
}

export function once(at: number): Schedule {
  return {
    next: (after) => (at > after ? [at] : []),
    newestIn: (after, until) => (at > after && at <= until ? { at, count: 1 } : null),
  };
}

/** A name that `Intl` knows; an offset such as +01:00 is none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function newestIn(next: Schedule["next"], after: number, until: number): ReturnType<Schedule["newestIn"]> {
  if (until <= after) return null;
  for (const back of LOOK_BACK_MS) {
    const from = Math.max(after, until - back);
    const newest = walk(next, from, until, Number.POSITIVE_INFINITY);
    if (newest !== null) return { at: newest.at, count: walk(next, after, until, MOST_COUNTED)?.count ?? 1 };
    if (from === after) return null;
  }
  return null;
}

function walk(
  next: Schedule["next"],
  after: number,
  until: number,
  limit: number,
): ReturnType<Schedule["newestIn"]> {
  let count = 0;
  let at = after;
  while (count < limit) {
    const following = next(at, 1)[0];
    if (following === undefined || following > until) break;
    at = following;
    count++;
  }
  return count === 0 ? null : { at, count };
}

function wrong(why: string): Reading {
  return { is: "wrong", why };
}
