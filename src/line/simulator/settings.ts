/** The settings that a reset forgets. */
import type { StorageName } from "./storage.ts";

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
  /** `+CLIP`: 1 tells who rings. */
  clip: number;
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
    clip: 0,
    cnmi: { mode: 0, mt: 0, bm: 0, ds: 0, bfr: 0 },
    cpms: ["SM", "SM", "SM"],
    registrationReports: { "+CREG": 0, "+CGREG": 0, "+CEREG": 0 },
    copsFormat: 0,
  };
}
