/**
 * A list that is looked at again and again: what is new in it comes out, oldest first. The API has no stream; a look
 * each second costs the daemon a read of its newest rows. A daemon that restarts meanwhile is waited for.
 */
import { EXIT } from "../daemon/exit-codes.ts";
import { systemClock } from "../runtime/clock.ts";
import type { ApiClient } from "./api-client.ts";
import { clientFor } from "./daemon-client.ts";
import { Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

const EVERY_MS = 1_000;
/** Of the newest rows so many are known; older ones are not looked at again. */
const KNOWN = 5_000;

export type Followed<Row> = {
  /** The newest first. */
  readonly newest: (client: ApiClient) => Promise<readonly Row[]>;
  /** What makes it worth showing once more: the SID, or the SID and the status. */
  readonly keyOf: (row: Row) => string;
  readonly show: (row: Row) => void;
};

/** Never ends by itself: whoever watches stops it. Rejects when the daemon does not take us. */
export async function follow<Row>(
  { newest, keyOf, show }: Followed<Row>,
  config: string | null,
  surroundings: Surroundings,
): Promise<never> {
  let client = await clientFor(config, surroundings);
  const known = new Set<string>();
  let isLost = false;
  for (;;) {
    try {
      // It may come back at another address, or with another token.
      if (isLost) client = await clientFor(config, surroundings);
      for (const row of (await newest(client)).toReversed()) {
        const key = keyOf(row);
        if (known.has(key)) continue;
        known.add(key);
        show(row);
      }
      isLost = false;
    } catch (error) {
      if (!(error instanceof Failure && PASSING.includes(error.exitCode))) throw error;
      // At the first look there is nobody to wait for.
      if (known.size === 0 && !isLost) throw error;
      if (!isLost) surroundings.complain(`pylone: ${error.message}; waiting for it\n`);
      isLost = true;
    }
    for (const key of known) {
      if (known.size <= KNOWN) break;
      known.delete(key);
    }
    await systemClock.sleep(EVERY_MS);
  }
}

const PASSING: readonly number[] = [EXIT.unavailable, EXIT.notNow];
