/**
 * Huawei sticks in serial ("stick") mode. They talk all the time; `^CURC=0` silences most of it. Status reports
 * are taken with `ds` = 2 more often than with 1. The E1750 and E1552 never end a `+CMGL`.
 */
import { GENERIC } from "./generic.ts";
import type { ModemProfile } from "./profile.ts";

const HUAWEI: ModemProfile = {
  ...GENERIC,
  manufacturer: /huawei/i,
  model: /^/,
  name: "Huawei stick",
  init: ["AT^CURC=0"],
  indications: ["2,1,0,2,0", "1,1,0,2,0", "2,1,0,1,0", "1,1,0,1,0"],
  // Some show an empty ME whatever it holds: the SIM is what all of them use.
  storages: ["SM", "ME"],
  iccid: ["AT^ICCID?"],
  // Status, tries of what is asked for, then PUK, PIN, PUK2, PIN2.
  pinCounter: { ask: "AT^CPIN?", tries: /^\^CPIN: ?[^,]*,[^,]*,\d+,(\d+)/ },
  noise: [
    /^\^(?:BOOT|RSSI|MODE|HCSQ|DSFLOWRPT|SIMST|SRVST|STIN|CSNR|NWTIME|RSSILVL|HRSSILVL|ECCLIST|LTERSRP|CERSSI|RFSWITCH|NDISSTAT|SMMEMFULL|ORIG|CONF|CONN|CEND):/,
  ],
  reset: { command: "AT^RESET", answersWithinMs: 60_000 },
};

export const HUAWEI_PROFILES: readonly ModemProfile[] = [
  { ...HUAWEI, name: "Huawei E1750/E1552", model: /E15(?:5|7)\d|E17(?:5|6)\d/i, lists: false },
  HUAWEI,
];
