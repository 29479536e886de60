/** What may befall a modem or an SMSC at random, how likely beside the others, and for how long. */
import type { AnyFaultName } from "./fault-board.ts";
import type { FaultSettings } from "./fault-settings.ts";
import { between, pick, type Random } from "./random.ts";

export type Weather = {
  readonly name: AnyFaultName;
  readonly weight: number;
  /** How long it stays on, in seconds, from and to. */
  readonly forSeconds: readonly [number, number];
  readonly settings?: (random: Random) => Partial<FaultSettings>;
};

/** CMS errors of each disposition but `reject`: nothing here can never go. */
const PASSING_CMS = [42, 38, 41, 331, 332, 500, 512, 322] as const;

export const ROUGH_WEATHER: readonly Weather[] = [
  { name: "hang", weight: 3, forSeconds: [5, 300] },
  { name: "no-prompt", weight: 4, forSeconds: [60, 300] },
  {
    name: "late-answer",
    weight: 3,
    forSeconds: [60, 300],
    settings: (random) => ({ ms: between(random, 500, 20_000) }),
  },
  {
    name: "cms-error",
    weight: 4,
    forSeconds: [30, 300],
    settings: (random) => ({ every: between(random, 2, 7), code: pick(random, PASSING_CMS) }),
  },
  { name: "cms-error-though-sent", weight: 2, forSeconds: [60, 300] },
  { name: "result-lost", weight: 2, forSeconds: [60, 300] },
  { name: "report-early", weight: 4, forSeconds: [30, 300] },
  {
    name: "report-lost",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ every: between(random, 1, 4) }),
  },
  {
    name: "report-late",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ ms: between(random, 1000, 600_000) }),
  },
  { name: "sim-full", weight: 2, forSeconds: [30, 600] },
  {
    name: "urc-anywhere",
    weight: 4,
    forSeconds: [30, 300],
    settings: (random) => ({ every: between(random, 1, 9) }),
  },
  { name: "unplug", weight: 3, forSeconds: [1, 120] },
  {
    name: "reboot",
    weight: 2,
    forSeconds: [1, 1],
    settings: (random) => ({ ms: between(random, 0, 20_000) }),
  },
  {
    name: "power-loss",
    weight: 3,
    forSeconds: [60, 300],
    settings: (random) => ({ ms: between(random, 500, 20_000) }),
  },
  { name: "no-network", weight: 2, forSeconds: [10, 600] },
  {
    name: "parts-late",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ ms: between(random, 500, 60_000) }),
  },
  { name: "parts-twice", weight: 3, forSeconds: [30, 300] },
  {
    name: "slow-air",
    weight: 2,
    forSeconds: [30, 300],
    settings: (random) => ({ ms: between(random, 500, 30_000) }),
  },
];

/** `command_status` of each disposition but `reject`: nothing here can never go. */
const PASSING_STATUS = [0x08, 0x14, 0x58, 0x45, 0xff] as const;

export const ROUGH_SMSC_WEATHER: readonly Weather[] = [
  { name: "hang", weight: 3, forSeconds: [5, 300] },
  { name: "half-open", weight: 2, forSeconds: [5, 300] },
  {
    name: "throttle",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ perSecond: between(random, 1, 40) }),
  },
  { name: "queue-full", weight: 2, forSeconds: [5, 120] },
  {
    name: "submit-error",
    weight: 4,
    forSeconds: [30, 300],
    settings: (random) => ({ every: between(random, 2, 7), code: pick(random, PASSING_STATUS) }),
  },
  { name: "result-lost", weight: 2, forSeconds: [60, 300] },
  {
    name: "late-answer",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ ms: between(random, 500, 20_000) }),
  },
  { name: "report-early", weight: 4, forSeconds: [30, 300] },
  { name: "report-twice", weight: 3, forSeconds: [30, 300] },
  {
    name: "report-late",
    weight: 3,
    forSeconds: [30, 300],
    settings: (random) => ({ ms: between(random, 1000, 600_000) }),
  },
  { name: "report-lost", weight: 2, forSeconds: [30, 300], settings: () => ({ every: 3 }) },
  { name: "disconnect", weight: 3, forSeconds: [1, 1] },
  { name: "disconnect-in-send", weight: 3, forSeconds: [60, 300] },
  { name: "unbind", weight: 2, forSeconds: [1, 1] },
  {
    name: "short-binds",
    weight: 2,
    forSeconds: [60, 300],
    settings: (random) => ({ ms: between(random, 1000, 30_000) }),
  },
  { name: "refuse-binds", weight: 2, forSeconds: [10, 120] },
  { name: "unplug", weight: 3, forSeconds: [1, 120] },
  { name: "garbage", weight: 2, forSeconds: [60, 300] },
  { name: "unknown-pdus", weight: 2, forSeconds: [30, 300] },
  { name: "outbind", weight: 1, forSeconds: [1, 60] },
  { name: "alert", weight: 1, forSeconds: [1, 60] },
  { name: "parts-late", weight: 3, forSeconds: [30, 300] },
  { name: "parts-twice", weight: 3, forSeconds: [30, 300] },
];
