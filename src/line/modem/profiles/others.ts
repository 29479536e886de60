/** ZTE, Telit and u-blox: one family each is enough. */
import { GENERIC } from "./generic.ts";
import type { ModemProfile } from "./profile.ts";

/** ZTE sticks flood `+ZUSIMR:2` until they crash, unless `+CPMS?` is read once after the PIN. */
const ZTE: ModemProfile = {
  ...GENERIC,
  name: "ZTE",
  manufacturer: /zte/i,
  init: ["AT+ZOPRT=5"],
  initWithSim: ["AT+CPMS?"],
  indications: ["2,1,0,2,0", "1,1,0,2,0"],
  iccid: ["AT+ZGETICCID"],
  pinCounter: { ask: "AT+ZPINPUK=?", tries: /^\+ZPINPUK: ?(\d+)/ },
  noise: [/^\+Z(?:USIMR|DONR|PASR|PSTM|END|PSSP|PSSR)\b/],
};

/** `#QSS: 3` tells that SIM and texts are ready. */
const TELIT: ModemProfile = {
  ...GENERIC,
  name: "Telit",
  manufacturer: /telit/i,
  init: ["AT#QSS=2"],
  iccid: ["AT#CCID"],
  pinCounter: { ask: "AT#PCT", tries: /^#PCT: ?(\d+)/ },
  noise: [/^#(?:STN|QSS):/],
  reset: { command: "AT#REBOOT", answersWithinMs: 60_000 },
};

/** Power saving swallows the first byte after a pause. */
const U_BLOX: ModemProfile = {
  ...GENERIC,
  name: "u-blox",
  manufacturer: /u-?blox/i,
  init: ["AT+UPSV=0"],
  pinCounter: { ask: "AT+UPINCNT", tries: /^\+UPINCNT: ?(\d+)/ },
  noise: [/^\+U(?:USTS|MWI|CALLSTAT|U[A-Z]+):/],
  reset: { command: "AT+CFUN=16", answersWithinMs: 60_000 },
};

export const OTHER_PROFILES: readonly ModemProfile[] = [ZTE, TELIT, U_BLOX];
