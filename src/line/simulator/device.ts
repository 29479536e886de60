/** What the modem's parts share: settings that a reset forgets, the card, the storages, and a few deeds. */
import type { Clock } from "../../runtime/clock.ts";
import type { Answer } from "./call.ts";
import type { Inbox } from "./inbox.ts";
import type { SimCard } from "./sim-card.ts";
import type { MessageStorage, StorageName } from "./storage.ts";

export type Settings = {
  echo: boolean;
  cmee: 0 | 1;
  /** `+CFUN`: 1 full, 0 and 4 off the air. */
  cfun: number;
  cscs: string;
  csms: 0 | 1;
  /** 0 PDU mode, 1 text mode. */
  cmgf: 0 | 1;
  cmms: number;
  cnmi: Cnmi;
  /** mem1 read and delete, mem2 write and send, mem3 receive. */
  cpms: [StorageName, StorageName, StorageName];
  /** `<n>` of `+CREG`, `+CGREG`, `+CEREG`. */
  registrationReports: Record<"+CREG" | "+CGREG" | "+CEREG", number>;
  copsFormat: number;
};

/** 27.005 §3.4.1. */
export type Cnmi = {
  readonly mode: number;
  readonly mt: number;
  readonly bm: number;
  readonly ds: number;
  readonly bfr: number;
};

/** Echo on, text mode, nothing indicated, the SIM as storage: as many modems come back from a reset. */
export function powerUpSettings(): Settings {
  return {
    echo: true,
    cmee: 0,
    cfun: 1,
    cscs: "IRA",
    csms: 0,
    cmgf: 1,
    cmms: 0,
    cnmi: { mode: 0, mt: 0, bm: 0, ds: 0, bfr: 0 },
    cpms: ["SM", "SM", "SM"],
    registrationReports: { "+CREG": 0, "+CGREG": 0, "+CEREG": 0 },
    copsFormat: 0,
  };
}

export type Device = {
  settings: Settings;
  readonly imei: string;
  readonly sim: SimCard;
  readonly storages: Readonly<Record<StorageName, MessageStorage>>;
  readonly inbox: Inbox;
  readonly clock: Clock;
  /** `<stat>`, 27.007 §7.2. */
  readonly registration: () => number;
  /** Tells the TE when the registration is not what it was last told; tells the network when it is back. */
  readonly registrationMayHaveChanged: () => void;
  readonly unsolicited: (line: string) => void;
  readonly reboot: () => void;
  /** Space again: RP-SMMA. */
  readonly memoryAvailable: () => void;
  /** Puts a SUBMIT on the air; its TP-MR is already in it. */
  readonly submit: (tpdu: Uint8Array, tpMr: number, answer: (answer: Answer) => void) => void;
};

export function isRegistered(stat: number): boolean {
  return [1, 5, 6, 7, 9, 10].includes(stat);
}
