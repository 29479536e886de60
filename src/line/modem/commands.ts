/** The commands of 27.005 and 27.007 this driver uses, with what their answers look like and how long they may take. */
import { type Command, prefixed } from "./at/command.ts";

const SECOND = 1000;
const SIMPLE_MS = 5 * SECOND;

/** First contact: silence only means that the modem is not there yet. */
export const ATTENTION: Command = { text: "AT", timeoutMs: SECOND, probe: true };

/** V.250 §6.2.5, §6.2.6: result codes on, and in words. */
export const SPEAK_UP: Command = { text: "ATQ0V1", timeoutMs: SECOND, probe: true };

/** A setting: answered by a final result alone. */
export function set(text: string, timeoutMs = SIMPLE_MS): Command {
  return { text, timeoutMs };
}

/** A question answered by lines with its own prefix: `AT+CSQ` → `+CSQ: …`. */
export function query(text: string, timeoutMs = 10 * SECOND): Command {
  const name = /^AT(\+[A-Z]+)/.exec(text)?.[1] ?? text;
  return { text, accepts: prefixed(`${name}:`), single: true, timeoutMs };
}

/** A question answered by text without a prefix (`AT+CGMI`), or with one (`+CGMI: …`). */
export function plainQuery(text: string, shape: RegExp = /^\S/): Command {
  const prefix = /^AT(\+[A-Z]+)/.exec(text)?.[1] ?? text;
  return {
    text,
    accepts: (line) => line.startsWith(`${prefix}:`) || shape.test(line),
    bare: true,
    timeoutMs: 10 * SECOND,
  };
}

/**
 * `AT+CREG?` answers `<n>,<stat>[,<lac>,<ci>…]`; unsolicited it is `<stat>[,<lac>…]`. The response has a second
 * number without quotes; the unsolicited line's second field, if any, is quoted.
 */
export function registrationQuery(name: "+CREG" | "+CGREG" | "+CEREG"): Command {
  const shape = new RegExp(`^\\${name}: ?\\d+ ?, ?\\d+`);
  return { text: `AT${name}?`, accepts: (line) => shape.test(line), single: true, timeoutMs: 10 * SECOND };
}

/** Wavecom's answer has no `OK` behind it. */
export const CPIN_QUERY: Command = { ...query("AT+CPIN?", 15 * SECOND), finalWithinMs: 3 * SECOND };

export function enterPin(pin: string): Command {
  return set(`AT+CPIN="${pin}"`, 30 * SECOND);
}

export const CFUN_FULL: Command = set("AT+CFUN=1", 30 * SECOND);

export function selectStorage(names: readonly string[]): Command {
  const quoted = names.map((name) => `"${name}"`).join(",");
  return { ...query(`AT+CPMS=${quoted}`, 25 * SECOND) };
}

/** 27.005 §4.1: every message, whatever its status. */
export const LIST_ALL: Command = {
  text: "AT+CMGL=4",
  accepts: prefixed("+CMGL:"),
  pduFollows: true,
  timeoutMs: 60 * SECOND,
};

export function read(index: number): Command {
  return {
    text: `AT+CMGR=${index}`,
    accepts: prefixed("+CMGR:"),
    single: true,
    pduFollows: true,
    timeoutMs: 10 * SECOND,
  };
}

export function erase(index: number): Command {
  return set(`AT+CMGD=${index}`, 25 * SECOND);
}

/** 27.005 §4.6: 0 acknowledges as in text mode, which every modem takes; 2 is RP-ERROR, the network tries later. */
export function acknowledge(kept: boolean): Command {
  return set(`AT+CNMA=${kept ? 0 : 2}`);
}

/** 27.005 §4.3. `tpduLength` counts the TPDU's octets, the SMSC field not among them. */
export function send(pdu: { readonly hex: string; readonly tpduLength: number }): Command {
  return {
    text: `AT+CMGS=${pdu.tpduLength}`,
    accepts: prefixed("+CMGS:"),
    single: true,
    timeoutMs: 10 * SECOND,
    // 24.011 §10 lets one attempt last 45 s plus channel set-up, and LTE tries several bearers in turn.
    pdu: { hex: pdu.hex, timeoutMs: 180 * SECOND, finalWithinMs: 5 * SECOND },
  };
}
