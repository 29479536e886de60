/** A modem nobody knows: what the standards say, and nothing else. The other profiles begin here. */
import type { ModemProfile } from "./profile.ts";

export const GENERIC: ModemProfile = {
  name: "generic 27.005",
  manufacturer: /^/,
  model: /^/,
  init: [],
  initWithSim: [],
  indications: [],
  storages: ["ME", "SM", "MT"],
  iccid: [],
  pinCounter: null,
  noise: [],
  restarts: [],
  interCommandDelayMs: 0,
  moreMessages: true,
  phase2Plus: true,
  lists: true,
  reset: { command: "AT+CFUN=1,1", answersWithinMs: 60_000 },
  radioOff: 4,
};
