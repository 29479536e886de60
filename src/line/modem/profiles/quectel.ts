/**
 * Quectel. A module on USB has several ports, and tells what arrives on one of them only (`QURCCFG`): where that
 * is the modem port it is moved to the AT port. Other values are left alone: on a UART they are right.
 */
import { GENERIC } from "./generic.ts";
import type { InitStep, ModemProfile } from "./profile.ts";

const TELL_US: InitStep = {
  ask: 'AT+QURCCFG="urcport"',
  when: /"usbmodem"/,
  give: 'AT+QURCCFG="urcport","usbat"',
};

const QUECTEL: ModemProfile = {
  ...GENERIC,
  manufacturer: /quectel/i,
  init: ["AT+QSCLK=0", TELL_US],
  indications: ["2,1,0,1,0"],
  storages: ["ME", "SM"],
  iccid: ["AT+QCCID"],
  pinCounter: { ask: "AT+QPINC?", tries: /^\+QPINC: ?"SC", ?(\d+)/ },
  noise: [/^\+QURC:/],
};

export const QUECTEL_PROFILES: readonly ModemProfile[] = [
  {
    ...QUECTEL,
    name: "Quectel BG95/BG96",
    model: /BG9\d/i,
    // Its power saving answers for 15 s at a time only.
    init: ["AT+CPSMS=0", ...QUECTEL.init],
  },
  {
    ...QUECTEL,
    name: "Quectel M95/M66/M35",
    model: /(?:^|[\s_])M\d\d/i,
    init: ["AT+QSCLK=0"],
    storages: ["SM", "ME"],
    // 2G, and no soft restart: it has to be switched on again by its power key.
    reset: { command: "AT+CFUN=1,1", answersWithinMs: 30_000 },
    radioOff: 0,
  },
  {
    ...QUECTEL,
    name: "Quectel EC200/EG91x",
    model: /EC200|EG91\d[A-Z]|EC600|EC800/i,
    // ASR and UNISOC platforms; some know the ICCID command by its other name only.
    iccid: ["AT+QCCID", "AT+ICCID"],
  },
  { ...QUECTEL, name: "Quectel EC25/EC21/EG25", model: /E[CGM]\d\d/i },
  { ...QUECTEL, name: "Quectel", model: /^/ },
];
