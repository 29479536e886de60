/** The radio off and on (27.007 §8.2). `off` is the profile's: 4 keeps the SIM, 0 drops it, null never comes back. */
import { type Ask, may } from "../ask.ts";
import { CFUN_FULL, set } from "../commands.ts";

const OFF_MS = 5000;
const CFUN_MS = 30_000;

export async function cycleRadio(
  ask: Ask,
  sleep: (ms: number) => Promise<void>,
  off: 0 | 4 | null,
): Promise<void> {
  if (off === null) return;
  await may(ask, set(`AT+CFUN=${off}`, CFUN_MS));
  await sleep(OFF_MS);
  await may(ask, CFUN_FULL);
}
