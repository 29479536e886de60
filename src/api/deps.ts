/**
 * What the API is given at composition. It reads the store; what it changes goes through another room, except
 * what an app does to a finished Message, which concerns no other.
 */
import type { Accounts } from "../accounts/accounts.ts";
import type { Applications } from "../accounts/applications.ts";
import type { Audiences } from "../accounts/audience/audiences.ts";
import type { Inventory } from "../accounts/inventory.ts";
import type { Keys } from "../accounts/keys.ts";
import type { Numbers } from "../accounts/numbers.ts";
import type { Services } from "../accounts/services.ts";
import type { Line } from "../line/line.ts";
import type { BroadcastDesk } from "../messaging/broadcast/desk.ts";
import type { Accept, Rate } from "../messaging/outbound/accept.ts";
import type { EndQueued } from "../messaging/outbound/end-queued.ts";
import type { Fallbacks } from "../messaging/outbound/fallback.ts";
import type { Plans } from "../messaging/outbound/plans.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Store } from "../store/store.ts";

export type ApiDeps = {
  readonly accounts: Accounts;
  /** The main account's token is the configuration's: it is changed there. */
  readonly isTokenConfigured: boolean;
  readonly keys: Keys;
  readonly numbers: Numbers;
  readonly services: Services;
  readonly inventory: Inventory;
  readonly store: Pick<
    Store,
    | "getMessage"
    | "listMessages"
    | "submissionsOf"
    | "standingOf"
    | "webhookStandingOf"
    | "listEvents"
    | "poolFacts"
    | "redact"
    | "deleteMessage"
    | "cancelScheduled"
    | "keepFeedback"
    | "usage"
    | "addEvent"
    | "getAudience"
    | "listAudiences"
    | "getMember"
    | "listMembers"
    | "memberAttributes"
    | "getBroadcast"
    | "listBroadcasts"
    | "getRun"
    | "listRuns"
    | "countRun"
    | "listRunMembers"
  >;
  readonly applications: Applications;
  readonly audiences: Audiences;
  readonly accept: Pick<Accept, "accept">;
  /** Ends what waits to be sent for an account that was suspended or closed. */
  readonly endQueued: EndQueued;
  /** Ends what waits to be sent from a number that was released. */
  readonly endQueueOf: (phoneNumber: string) => Promise<void>;
  readonly roster: { all(): readonly Line[]; get(name: string): Line | null };
  /** Names of Lines that are made to receive and nothing else: nothing can be sent from their Numbers. */
  readonly receiveOnly: ReadonlySet<string>;
  /** Which Lines stand in for others. */
  readonly fallbacks: Pick<Fallbacks, "viewOf" | "carriedBy" | "isRefused">;
  /** Segments per second while the carrier of a Line holds it back; null while it does not. */
  readonly throttledTo: (line: string) => number | null;
  /** Of a Line as a whole, measured; null: nothing was. */
  readonly secondsPerSegment: (line: string) => number | null;
  /** How the SIM plans stand. */
  readonly plans: Pick<Plans, "views" | "viewOf">;
  /** The serial path, or tcp://host:port, that is a Line's own now; null where none is. */
  readonly portOf: (line: string) => string | null;
  /** ISO 3166-1 alpha-2: the country in which national numbers are read. */
  readonly siteCountry: string;
  /** IANA name: that of a broadcast which names none. */
  readonly siteTimeZone: string;
  readonly broadcasts: Pick<
    BroadcastDesk,
    "create" | "change" | "remove" | "runNow" | "cancel" | "dryRun" | "nextRuns"
  >;
  readonly clockTrust: ClockTrust;
  /** The nearest of the known words to one that is not among them, where it is near. */
  readonly nearest: (word: string, known: readonly string[]) => string | null;
  /** Segments per second of a Number. */
  readonly rateOf: (number: string) => Rate;
  /** What becomes of a message with a `MediaUrl`: refused, or sent without it. */
  readonly mediaUrl: "refuse" | "ignore";
  /** ISO 3166-1 alpha-2: where texts may go; null for everywhere (contract §4.6). */
  readonly countries: readonly string[] | null;
  readonly health: () => Promise<HealthReport>;
  readonly backups: {
    /** The last one first, which is the order of their names. */
    list(): Promise<readonly BackupView[]>;
    /** `keep`: false for one that is copied elsewhere and deleted at once. */
    begin(how: { readonly keep: boolean }): Promise<BackupView>;
    /** The path of a complete one's file; null when there is none. */
    fileOf(name: string): Promise<string | null>;
  };
  /** What Prometheus reads, and its media type. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  /** Null when no line is simulated: then the resource does not exist. */
  readonly simulated: SimulatedPhones | null;
  /** Faults of the simulated lines; null when there are none. */
  readonly faults: SimulatedFaults | null;
  readonly clock: Clock;
  readonly log: Log;
};

/** Whether the wall clock is to be believed. */
export type ClockTrust = {
  /** Null: it is. */
  readonly whyUntrusted: string | null;
  readonly vouched: "now" | "always" | "never";
  vouch(vouching: "now" | "always" | "never"): Promise<void>;
};

export type HealthStatus = "pass" | "warn" | "fail";

/** `fail` as a whole answers 503: the store cannot commit, or no line can send (DESIGN §3). */
export type HealthReport = {
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<string, { readonly status: HealthStatus; readonly text: string }>>;
};

export type BackupView = {
  readonly name: string;
  readonly status: "making" | "complete" | "failed";
  /** Why it failed. */
  readonly reason: string | null;
  readonly octets: number | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
};

/** The handsets of the simulated network, as far as this room uses them. */
export type SimulatedPhones = {
  text(message: { readonly from: string; readonly to: string; readonly body: string }): TextResult;
  /** Newest last. */
  messages(): readonly HandsetMessage[];
};

/** The faults of the simulated lines, as far as this room uses them. */
export type SimulatedFaults = {
  kinds(): readonly { readonly fault: string; readonly text: string; readonly lines: readonly string[] }[];
  list(): readonly FaultView[];
  /** A text: what is wrong with the fields. */
  switchOn(fields: Readonly<Record<string, unknown>>): FaultView | string;
  /** False when it is not on. */
  switchOff(id: string): boolean;
  allOff(): void;
};

export type FaultView = {
  readonly id: string;
  readonly line: string;
  readonly fault: string;
  readonly text: string;
  readonly every: number | null;
  readonly chance: number | null;
  readonly times: number | null;
  readonly ms: number | null;
  readonly code: number | null;
  readonly perSecond: number | null;
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly until: number | null;
  readonly acted: number | null;
};

export type TextResult =
  | { readonly accepted: true; readonly parts: number }
  | { readonly accepted: false; readonly reason: string };

export type HandsetMessage = {
  readonly handset: string;
  readonly direction: "to-handset" | "from-handset";
  readonly from: string;
  readonly to: string;
  readonly body: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly parts: number;
};
