/** 27.007 §7.15: the network answers a code with a text of its own, a moment later. */
import { cme, ERROR, integer, ok } from "../call.ts";
import { isRegistered } from "../device.ts";
import type { Handler } from "./general.ts";

/** 27.007 §9.2.1. */
const NO_NETWORK_SERVICE = 30;

const ANSWER_MS = 1000;
/** "Any" data coding scheme: the default alphabet. */
const ANY = 15;

const TEXTS: Readonly<Record<string, string>> = { "*100#": "Your balance is 12.50 EUR." };
const UNKNOWN_CODE = "This network does not know the code; *100# is the balance.";

export const USSD_COMMANDS: Readonly<Record<string, Handler>> = {
  "+CUSD": (device, call) => {
    if (call.kind === "test") return ok("+CUSD: (0-2)");
    if (call.kind !== "set" || integer(call.parameters[0], 0, 2) === null) return ERROR;
    const code = call.parameters[1] ?? "";
    if (code === "") return ok();
    if (!isRegistered(device.registration())) return cme(NO_NETWORK_SERVICE);
    device.after(ANSWER_MS, () => device.unsolicited(answerTo(code)));
    return ok();
  },
};

/** `#31#` and its like ask for a service of calls, which this network has none of: 4, not supported. */
function answerTo(code: string): string {
  if (!/^\*\d[\d*]*#$/.test(code)) return "+CUSD: 4";
  return `+CUSD: 0,"${TEXTS[code] ?? UNKNOWN_CODE}",${ANY}`;
}
