/**
 * SIMCom. The 2G modules drop the first character of a command that comes less than 20 ms after an `OK`, and of
 * one that wakes them: sleep is switched off everywhere. None of them wants `+CNMA` for what it routes to us.
 */
import { GENERIC } from "./generic.ts";
import type { ModemProfile } from "./profile.ts";

const SIMCOM: ModemProfile = {
  ...GENERIC,
  manufacturer: /simcom|^incorporated/i,
  init: ["AT+CSCLK=0"],
  pinCounter: { ask: "AT+SPIC", tries: /^\+SPIC: ?(\d+)/ },
  phase2Plus: false,
};

export const SIMCOM_PROFILES: readonly ModemProfile[] = [
  {
    ...SIMCOM,
    name: "SIMCom A7670/A7672",
    model: /A76\d\d/i,
    // ds = 1 is refused by some firmware; the general list then finds one without reports.
    indications: ["2,1,0,1,0", "2,1,0,0,0"],
    // Texts go to ME although SM is selected, unless ME is.
    storages: ["ME", "SM"],
    iccid: ["AT+CICCID"],
    restarts: [/^\*ATREADY: ?1$/],
    reset: { command: "AT+CRESET", answersWithinMs: 60_000 },
  },
  {
    ...SIMCOM,
    name: "SIMCom SIM7600/SIM7500",
    model: /SIM7[1356]\d\d/i,
    indications: ["2,1,0,1,0"],
    storages: ["ME", "SM"],
    iccid: ["AT+CICCID"],
    noise: [/^\+CNSMOD:/, /^\+NITZ/],
    // It answers again after 23 s at the earliest.
    reset: { command: "AT+CRESET", answersWithinMs: 60_000 },
  },
  {
    ...SIMCOM,
    name: "SIMCom SIM7000/SIM7070/SIM7080",
    model: /SIM70\d\d/i,
    init: [...SIMCOM.init, "AT+CPSMS=0"],
    // `+CMTI: ,-1` announces what is stored nowhere: the text itself has to be routed, and acknowledged.
    indications: ["2,2,0,1,0", "2,2,0,0,0"],
    phase2Plus: true,
    storages: ["SM", "ME"],
  },
  {
    ...SIMCOM,
    name: "SIMCom SIM800/SIM900",
    model: /SIM[89]\d\d/i,
    // It tells the network's time only when it is told to.
    init: [...SIMCOM.init, "AT+CLTS=1"],
    // Mode 2 is offered and refused by some.
    indications: ["2,1,0,1,0", "1,1,0,1,0"],
    storages: ["SM", "ME"],
    interCommandDelayMs: 20,
    reset: { command: "AT+CFUN=1,1", answersWithinMs: 30_000 },
    radioOff: 0,
  },
  { ...SIMCOM, name: "SIMCom", model: /^/ },
];
