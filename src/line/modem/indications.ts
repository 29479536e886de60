/**
 * `+CNMI` (27.005 §3.4.1): how the modem tells of what arrives. Messages are stored first and announced
 * (`mt` = 1), so that a power cut before our commit leaves them in the modem. Reports are stored too where the
 * modem can (`ds` = 2): a report that arrives while this process is down then settles an unknown outcome.
 * Several modems list values they refuse, so the list is tried in order until one is taken.
 */
import type { Ask } from "./ask.ts";
import { answerIfAny, lineOf, may } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { query, set } from "./commands.ts";

const STORED_REPORTS = "2,1,0,2,0";
const CHOICES: readonly string[] = [
  "2,1,0,1,0",
  "2,1,0,1,1",
  STORED_REPORTS,
  "1,1,0,1,0",
  "1,1,0,2,0",
  "2,1,0,0,0",
  "1,1,0,0,0",
  "2,1",
  "3,1,0,1,0",
];

/** `offered`: the answer to `AT+CNMI=?`, or null. `own`: what this family of modems takes best. */
export function indicationChoices(offered: string | null, own: readonly string[] = []): readonly string[] {
  const ds = offered === null ? "" : (fieldsOf(offered)[3] ?? "");
  const storesReports = /2/.test(ds) || /0 ?- ?[23]/.test(ds);
  // A family whose texts have to be routed (`mt` = 2) is not asked to store them first.
  const routes = own[0]?.startsWith("2,2") === true;
  const first = storesReports && !routes ? [STORED_REPORTS] : [];
  return [...new Set([...first, ...own, ...CHOICES])];
}

export type Indications = {
  /** What was set, to be set again. */
  readonly chosen: string;
  /** What `AT+CNMI?` answered right after, to see whether it is still so; null when the modem does not tell. */
  readonly answer: string | null;
};

/** Operation not allowed, no SIM, SIM busy: what message commands say while the SIM is still being read. */
const NOT_YET: readonly number[] = [14, 302, 310, 314];
const NOT_YET_TRIES = 10;

/** Sets the first that is taken; null when none is, and polling has to do. */
export async function setIndications(
  ask: Ask,
  sleep: (ms: number) => Promise<void>,
  own: readonly string[] = [],
): Promise<Indications | null> {
  const offered = await may(ask, query("AT+CNMI=?"));
  // Not each choice, but all together: else a lesser one is taken the moment the SIM is ready.
  let patience = NOT_YET_TRIES;
  for (const choice of indicationChoices(offered?.[0]?.text ?? null, own)) {
    for (;;) {
      const answer = await answerIfAny(ask, set(`AT+CNMI=${choice}`));
      if (answer?.is === "ok") return { chosen: choice, answer: await askIndications(ask) };
      const isNotYet = answer?.is === "error" && NOT_YET.includes(answer.error.code ?? -1);
      if (!isNotYet || patience === 0) break;
      patience--;
      await sleep(1000);
    }
  }
  return null;
}

export function askIndications(ask: Ask): Promise<string | null> {
  return lineOf(ask, query("AT+CNMI?"));
}

/**
 * The cheap way to see that a modem restarted or fell silent. Compared with what the modem itself answered after
 * it was set, not with what was asked: some read back another value than they took.
 */
export function sameIndications(before: string, now: string): boolean {
  const numbers = (line: string) => fieldsOf(line).map(Number).slice(0, 4).join(",");
  return numbers(before) === numbers(now);
}
