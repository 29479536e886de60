/** The door of `node-cron`: it calls `tick` at the beginning of each minute and remembers nothing. */
import { schedule } from "node-cron";

export type Ticker = { readonly start: (tick: () => void) => void; readonly stop: () => Promise<void> };

export function everyMinute(): Ticker {
  let task: ReturnType<typeof schedule> | null = null;
  return {
    start: (tick) => {
      // When time leaps it misses minutes, and would write that beside the JSON of the log; what was due is a ledger's.
      task = schedule("* * * * *", tick, { suppressMissedWarning: true });
    },
    stop: async () => {
      await task?.destroy();
      task = null;
    },
  };
}
