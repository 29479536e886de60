/** The door of `node-cron`: it calls `tick` at the beginning of each minute and remembers nothing. */
import { schedule } from "node-cron";

export type Ticker = { readonly start: (tick: () => void) => void; readonly stop: () => Promise<void> };

export function everyMinute(): Ticker {
  let task: ReturnType<typeof schedule> | null = null;
  return {
    start: (tick) => {
      task = schedule("* * * * *", tick);
    },
    stop: async () => {
      await task?.destroy();
      task = null;
    },
  };
}
