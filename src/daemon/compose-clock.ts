/** The clock of this process and what watches it, put together. */
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Pending } from "../messaging/outbound/pending.ts";
import type { Clock } from "../runtime/clock.ts";
import { epochOfKey } from "../runtime/ids.ts";
import { SteadyClock } from "../runtime/steady-clock.ts";
import type { Store } from "../store/store.ts";
import { ClockWatch, ntpState } from "./clock-watch.ts";

/** Packages come with the dates of files that their registry likes; no file of this one is older. */
const WRITTEN_AT = Date.UTC(2026, 10, 1);

export type SiteClock = { readonly clock: SteadyClock; readonly builtAt: number };

export async function steadyClockOver(system: Clock): Promise<SiteClock> {
  const { mtimeMs } = await stat(fileURLToPath(import.meta.url));
  const builtAt = Math.max(mtimeMs, WRITTEN_AT);
  return { clock: new SteadyClock(system, builtAt), builtAt };
}

export function watchOf({ clock, builtAt }: SiteClock, deps: { store: Store; pending: Pending }): ClockWatch {
  const { store, pending } = deps;
  return new ClockWatch({
    clock,
    builtAt,
    newestRowAt: store.newestKey > 0 ? epochOfKey(store.newestKey) : null,
    ntp: () => ntpState(),
    onEvent: (event) => pending.own("keep an event", store.addEvent(event)),
    onStep: (step) => pending.own("set the clock", store.clockStepped(step)),
    // No line has this name: what the appliance remembers of its clock is beside what lines remember.
    memory: {
      get: () => store.getMemory("*", "clock"),
      put: (value) => store.putMemory("*", "clock", value),
    },
  });
}
