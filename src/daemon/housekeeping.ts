/** The chores of this appliance: what leaves the hot tables, what is deleted, what is looked at once more. */
import type { Accounts } from "../accounts/accounts.ts";
import type { Line } from "../line/line.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Store } from "../store/store.ts";
import type { Chore } from "./chores.ts";
import type { Config } from "./config-schema.ts";
import { letGo } from "./let-go.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `sent` is final where no report comes; after this long none will. The network's own limit is 63 weeks, its habit two days. */
const REPORT_WAIT_MS = 3 * DAY;
/** One batch is one transaction: small enough that an accept never waits for it noticeably. */
const RETIRE_BATCH = 500;

export function choresOf(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: Config;
  readonly lines: readonly Line[];
  /** Shows the messages whose other parts did not come. */
  readonly publishIncomplete: () => Promise<number>;
  /** Provisions the number a line may have learnt meanwhile. */
  readonly look: (line: Line) => void;
  readonly endQueued: (accountSid: string) => Promise<void>;
  readonly accounts: Pick<Accounts, "inactive">;
  /** False: the wall clock was set not long ago, and may be set again. */
  readonly isClockSettled: () => boolean;
}): Chore[] {
  const { store, clock, config, lines, look, endQueued, accounts, publishIncomplete, isClockSettled } = deps;
  return [
    {
      name: "expire",
      everyMs: 10 * SECOND,
      run: async () => {
        await store.expire(clock.now());
        for (const line of lines) look(line);
      },
    },
    {
      name: "release what was scheduled",
      everyMs: SECOND,
      run: async () => {
        const inactive = accounts.inactive().map(({ sid }) => sid);
        while ((await store.releaseScheduled(clock.now(), inactive)) > 0);
      },
    },
    {
      name: "end what waits for inactive accounts",
      everyMs: MINUTE,
      run: async () => {
        for (const { sid } of accounts.inactive()) await endQueued(sid);
      },
    },
    {
      name: "retire",
      everyMs: MINUTE,
      run: async () => {
        const sentBefore = clock.now() - REPORT_WAIT_MS;
        while ((await store.retire({ sentBefore, limit: RETIRE_BATCH })) >= RETIRE_BATCH);
      },
    },
    {
      name: "publish incomplete messages",
      everyMs: MINUTE,
      run: async () => {
        await publishIncomplete();
      },
    },
    {
      name: "let go of what was kept long enough",
      everyMs: HOUR,
      run: async (signal) => {
        if (isClockSettled()) await letGo({ store, clock, retention: config.retention }, signal);
      },
    },
  ];
}
