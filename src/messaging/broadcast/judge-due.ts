/** Whether a planned instant that has come is sent: by the broadcast's own rule, where the box was off or not sure. Pure. */
import type { BroadcastDefinition } from "../../store/broadcast-commands.ts";

const MINUTE_MS = 60_000;
/** The ticker comes once a minute, and a start takes its time: so late is on time. */
const ON_TIME_MS = 2 * MINUTE_MS;

export type DueVerdict = { readonly is: "run" } | { readonly is: "skip"; readonly why: string };

/** Epoch milliseconds. */
export function judgeDue(
  at: number,
  now: number,
  { ifMissed, deadlineMinutes }: Pick<BroadcastDefinition, "ifMissed" | "deadlineMinutes">,
): DueVerdict {
  if (isOnTime(at, now)) return { is: "run" };
  const late = now - at;
  const minutes = Math.floor(late / MINUTE_MS);
  if (ifMissed === "skip")
    return { is: "skip", why: `its time had passed by ${minutes} minutes, and it does not catch up` };
  if (late > deadlineMinutes * MINUTE_MS) {
    return {
      is: "skip",
      why: `its time had passed by ${minutes} minutes, more than the ${deadlineMinutes} it may be late`,
    };
  }
  return { is: "run" };
}

export function isOnTime(at: number, now: number): boolean {
  return now - at <= ON_TIME_MS;
}

export function deadlineOf(run: {
  readonly plannedAt: number;
  readonly definition: Pick<BroadcastDefinition, "deadlineMinutes">;
}): number {
  return run.plannedAt + run.definition.deadlineMinutes * MINUTE_MS;
}
