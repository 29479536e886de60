/** The radio off and on (27.007 §8.2): 4 keeps the SIM as it is, 0 is for modems that know no flight mode. */
import { type Ask, may } from "../ask.ts";
import { CFUN_FULL, set } from "../commands.ts";

const OFF_MS = 5000;
const CFUN_MS = 30_000;

export async function cycleRadio(ask: Ask, sleep: (ms: number) => Promise<void>): Promise<void> {
  if ((await may(ask, set("AT+CFUN=4", CFUN_MS))) === null) await may(ask, set("AT+CFUN=0", CFUN_MS));
  await sleep(OFF_MS);
  await may(ask, CFUN_FULL);
}
