/**
 * The recovery ladder as a pure state machine: `next(ladder, input, means)` takes what was seen and says which
 * rung is to be climbed now, if any. No modem, no timer; the time comes with every input.
 *
 * What counts as life depends on what is missing: a modem that answers `AT` for days while it sends nothing, or
 * hears nothing, is as dead as a silent one. So every trouble has its own proof of health and its own rungs.
 *
 * - One rung at a time: while the last one is on trial no symptom climbs further.
 * - Each rung at most once in ten minutes; each use in a row without success doubles the distance.
 * - Opening a lost port again is not rationed (`reopen` is closing a port that is there): it is how the modem's
 *   return is noticed.
 * - A power cut is for a modem that is gone, silent or refuses to send; never for what happens on the air.
 *   Poor signal, credit, PIN and a full storage are no symptoms at all: no rung cures them.
 *
 * `resync` is missing from the lists: the dialogue does it after every time-out (`at/resync.ts`), and a failed
 * one is the symptom `silence`. It is counted beside the others.
 */
import { assertNever } from "../../../runtime/assert-never.ts";

export type Rung = "resync" | "re-init" | "radio" | "reopen" | "reset" | "external" | "alert";

/** `silence`: no answer to AT. `absent`: no port. `unusable`: it answers, and cannot be set up. */
export type LinkTrouble = "silence" | "absent" | "unusable";
/** `refusals`: it says the fault is its own. `stuck`: no prompt, or no result for a PDU. */
export type SendingTrouble = "refusals" | "stuck";
export type AirTrouble = "unregistered" | "no-signal";
/** `deaf`: delivery reports used to come, and nothing comes any more. */
export type Trouble = LinkTrouble | SendingTrouble | AirTrouble | "deaf";

/** `answers`: it was set up and asked round, completely. */
export type Life = "answers" | "registered" | "sends" | "receives" | "reports";

export type LadderInput =
  | { readonly is: "life"; readonly life: Life; readonly at: number }
  | { readonly is: "symptom"; readonly trouble: Trouble; readonly reason: string; readonly at: number };

/** What this line has beyond the rungs every line has. */
export type Means = { readonly external: boolean };

export type Use = { readonly at: number; readonly inARow: number };

export type Case = {
  readonly is: Trouble;
  readonly reason: string;
  readonly since: number;
  /** A modem that refuses to send and then goes away is not well when it is back: that is still to be proved. */
  readonly under: Case | null;
};

export type Ladder = {
  readonly trouble: Case | null;
  /** The last rung climbed in this trouble. */
  readonly on: Rung | null;
  /** Until then the rung has to show what it does. */
  readonly trialUntil: number;
  readonly uses: Readonly<Partial<Record<Rung, Use>>>;
  /** Sends in a row that the modem was to blame for. */
  readonly strikes: number;
  /** Accepted sends since anything was received. */
  readonly unheard: number;
  readonly heardAt: number | null;
  /** This subscription gets delivery reports. */
  readonly reports: boolean;
};

export type Step = {
  readonly ladder: Ladder;
  readonly climb: Rung | null;
  /** The rung that brought it back; `by chance` when it came back before one was climbed. */
  readonly cured: Rung | "by chance" | null;
};

export const AT_THE_FOOT: Ladder = {
  trouble: null,
  on: null,
  trialUntil: 0,
  uses: {},
  strikes: 0,
  unheard: 0,
  heardAt: null,
  reports: false,
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const RUNGS: Readonly<Record<Trouble, readonly Rung[]>> = {
  silence: ["reopen", "reset", "external", "alert"],
  absent: ["external", "alert"],
  unusable: ["reopen", "reset", "alert"],
  refusals: ["re-init", "radio", "reopen", "reset", "external", "alert"],
  stuck: ["re-init", "radio", "reopen", "reset", "external", "alert"],
  unregistered: ["radio", "reset", "alert"],
  // Out of coverage looks like this, and so does a radio that hangs: the second is cured by the first rung.
  "no-signal": ["radio", "alert"],
  deaf: ["re-init", "radio", "alert"],
};

const CURED_BY: Readonly<Record<Trouble, readonly Life[]>> = {
  silence: ["answers"],
  absent: ["answers"],
  unusable: ["answers"],
  refusals: ["sends"],
  stuck: ["sends"],
  unregistered: ["registered"],
  "no-signal": ["registered"],
  deaf: ["receives", "reports"],
};

/** How long it may last before anything is done: a modem that restarts is away, and searching takes its time. */
const PATIENCE_MS: Readonly<Partial<Record<Trouble, number>>> = {
  absent: MINUTE,
  unregistered: 20 * MINUTE,
  "no-signal": 20 * MINUTE,
};

const TRIAL_MS: Readonly<Record<Rung, number>> = {
  resync: 10 * SECOND,
  "re-init": MINUTE,
  radio: 90 * SECOND,
  reopen: 30 * SECOND,
  reset: 90 * SECOND,
  external: 120 * SECOND,
  alert: 15 * MINUTE,
};

const ORDER: readonly Rung[] = ["resync", "re-init", "radio", "reopen", "reset", "external", "alert"];
const SPACING_MS = 10 * MINUTE;
const MOST_SPACING_MS = 4 * 60 * MINUTE;
const STRIKES = 3;
const UNHEARD = 10;
const UNHEARD_MS = 60 * MINUTE;

export function next(ladder: Ladder, input: LadderInput, means: Means): Step {
  switch (input.is) {
    case "life":
      return lives(ladder, input.life, input.at, means);
    case "symptom":
      return suffers(ladder, input.trouble, input.reason, input.at, means);
    default:
      return assertNever(input);
  }
}

/** The rung that the next symptom climbs, and the earliest time for it; null when all is well. */
export function nextStep(
  ladder: Ladder,
  means: Means,
  now: number,
): { readonly rung: Rung; readonly at: number } | null {
  const { trouble } = ladder;
  if (trouble === null) return null;
  const earliest = Math.max(now, ladder.trialUntil, trouble.since + (PATIENCE_MS[trouble.is] ?? 0));
  const above = rungsAbove(ladder, trouble.is, means).map((rung) => ({
    rung,
    at: Math.max(earliest, freeAt(ladder, rung)),
  }));
  return above.find((step) => step.at === earliest) ?? above.sort((a, b) => a.at - b.at)[0] ?? null;
}

function lives(ladder: Ladder, life: Life, at: number, means: Means): Step {
  const heard = life === "receives" || life === "reports";
  const noted: Ladder = {
    ...ladder,
    strikes: life === "sends" ? 0 : ladder.strikes,
    unheard: heard ? 0 : ladder.unheard + (life === "sends" ? 1 : 0),
    heardAt: heard ? at : (ladder.heardAt ?? at),
    reports: ladder.reports || life === "reports",
  };
  const { trouble } = noted;
  if (trouble !== null && proves(life, trouble)) return well(noted);
  if (trouble !== null && trouble.under !== null && CURED_BY[trouble.is].includes(life)) {
    return { ladder: { ...noted, trouble: trouble.under }, climb: null, cured: null };
  }
  if (isDeaf(noted, at)) {
    return suffers(noted, "deaf", `${noted.unheard} texts were sent and nothing was heard since`, at, means);
  }
  return { ladder: noted, climb: null, cured: null };
}

/** What was there first decides what is proof enough. */
function proves(life: Life, trouble: Case): boolean {
  return CURED_BY[(trouble.under ?? trouble).is].includes(life);
}

function well(ladder: Ladder): Step {
  const { on } = ladder;
  const use = on === null ? undefined : ladder.uses[on];
  // What has just helped need not wait longer the next time, but still ten minutes.
  const uses =
    on === null || use === undefined ? ladder.uses : { ...ladder.uses, [on]: { ...use, inARow: 1 } };
  return {
    ladder: { ...ladder, trouble: null, on: null, trialUntil: 0, uses, strikes: 0 },
    climb: null,
    cured: on ?? "by chance",
  };
}

function isDeaf(ladder: Ladder, at: number): boolean {
  if (ladder.trouble !== null && ladder.trouble.is !== "deaf") return false;
  return ladder.reports && ladder.unheard >= UNHEARD && at - (ladder.heardAt ?? at) >= UNHEARD_MS;
}

function suffers(before: Ladder, is: Trouble, reason: string, at: number, means: Means): Step {
  const ladder = troubled(before, is, reason, at);
  const still: Step = { ladder, climb: null, cured: null };
  if (familyOf(is) === "sending" && ladder.strikes < STRIKES) return still;
  const step = nextStep(ladder, means, at);
  if (step === null || step.at > at) return still;
  const { rung } = step;
  const inARow = (ladder.uses[rung]?.inARow ?? 0) + 1;
  return {
    ladder: {
      ...ladder,
      on: rung,
      trialUntil: at + TRIAL_MS[rung],
      uses: { ...ladder.uses, [rung]: { at, inARow } },
      unheard: 0,
    },
    climb: rung,
    cured: null,
  };
}

/** The trouble as it is now. The place on the ladder is kept when it changes its face: a reset modem is absent. */
function troubled(ladder: Ladder, is: Trouble, reason: string, at: number): Ladder {
  const strikes = familyOf(is) === "sending" ? ladder.strikes + 1 : ladder.strikes;
  // One failed send is no trouble yet, and hides none.
  if (familyOf(is) === "sending" && strikes < STRIKES) return { ...ladder, strikes };
  const { trouble } = ladder;
  if (trouble === null) return { ...ladder, strikes, trouble: { is, reason, since: at, under: null } };
  const family = familyOf(is);
  const { under } = trouble;
  if (family === familyOf(trouble.is)) {
    return { ...ladder, strikes, trouble: { is, reason, since: trouble.since, under } };
  }
  const first = under ?? trouble;
  if (family === familyOf(first.is)) {
    return { ...ladder, strikes, trouble: { is, reason, since: first.since, under: null } };
  }
  const lasts = familyOf(first.is) === "sending" || familyOf(first.is) === "hearing";
  return { ...ladder, strikes, trouble: { is, reason, since: at, under: lasts ? first : null } };
}

/** After the alert it begins again from below. */
function rungsAbove(ladder: Ladder, trouble: Trouble, means: Means): Rung[] {
  const { on } = ladder;
  const from = on === null || on === "alert" ? -1 : ORDER.indexOf(on);
  const possible = RUNGS[trouble].filter((rung) => means.external || rung !== "external");
  const above = possible.filter((rung) => ORDER.indexOf(rung) > from);
  return above.length > 0 ? above : possible;
}

function freeAt(ladder: Ladder, rung: Rung): number {
  const use = ladder.uses[rung];
  if (use === undefined) return 0;
  return use.at + Math.min(SPACING_MS * 2 ** (use.inARow - 1), MOST_SPACING_MS);
}

function familyOf(trouble: Trouble): "link" | "sending" | "air" | "hearing" {
  switch (trouble) {
    case "silence":
    case "absent":
    case "unusable":
      return "link";
    case "refusals":
    case "stuck":
      return "sending";
    case "unregistered":
    case "no-signal":
      return "air";
    case "deaf":
      return "hearing";
    default:
      return assertNever(trouble);
  }
}
