/** What a session is given by its line, and what it leaves behind when it ends. */
import type { Clock } from "../../runtime/clock.ts";
import { Fault } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { BytePort } from "../byte-port.ts";
import type { Kept, LineFacts, LineMemory, LineState, StorageLevel } from "../line.ts";
import type { CallPolicy } from "./calls.ts";
import type { FromNetwork } from "./from-network.ts";
import type { RefusedInit } from "./initialise.ts";
import type { Voltage } from "./power-supply.ts";
import type { ModemProfile } from "./profiles/profile.ts";
import type { Life, Rung, Trouble } from "./recovery/ladder.ts";

export type SessionOptions = {
  readonly port: BytePort;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: LineMemory;
  readonly pin: string | null;
  readonly smsc: string | null;
  readonly init: readonly string[];
  /** What to look at when nothing answers. */
  readonly ifSilent: string;
  readonly onInitRefused: (refused: RefusedInit) => void;
  readonly keep: (arrived: FromNetwork) => Promise<Kept>;
  readonly onState: (state: LineState, reason: string) => void;
  readonly onFacts: (facts: Partial<LineFacts>) => void;
  /** A `+CMGS:` of a send that was given up. */
  readonly onLate: (text: string) => void;
  readonly onNoise: (text: string, kind: "unknown" | "stale" | "damaged") => void;
  /** How full the fullest storage is; `alarming`: nearly full, and was not before. */
  readonly onStorage: (level: StorageLevel, alarming: boolean) => void;
  readonly onStuck: (storage: string, index: number) => void;
  readonly onProfile: (profile: ModemProfile) => void;
  readonly callPolicy: CallPolicy;
  /** Somebody rings: the number, or null. */
  readonly onCall: (caller: string | null) => void;
  /** The modem complains of its supply. */
  readonly onVoltage: (voltage: Voltage) => void;
  readonly onNetworkTime: (epochMs: number) => void;
  readonly onLife: (life: Life) => void;
  readonly onTrouble: (trouble: Trouble, reason: string) => void;
  /** It is at work, whatever the modem answers. */
  readonly onTurn: () => void;
  /** The dialogue lost its place and found it again, or not. */
  readonly onResync: (found: boolean) => void;
};

/** `left`: on purpose, for a rung of the recovery ladder or to stop. */
export type SessionEnd = {
  readonly why: "closed" | "silence" | "unusable" | "left";
  readonly reason: string;
};

/** A rung to be climbed. */
export type Order = { readonly rung: Rung; readonly reason: string };

export type Wake =
  | { readonly is: "watch" }
  | { readonly is: "restarted"; readonly reason: string }
  | { readonly is: "ordered"; readonly order: Order }
  | { readonly is: "over" };

/** What a bring-up that failed says about the modem. */
export function whyOf(error: unknown): SessionEnd["why"] {
  if (!(error instanceof Fault)) return "unusable";
  if (error.code === "at.timeout") return "silence";
  return error.code === "modem.link-lost" ? "closed" : "unusable";
}
