/** Who the modem and its SIM are. Makers disagree on commands and shapes, not on the digits. */
import type { LineFacts } from "../line.ts";
import { type Ask, lineOf, may } from "./ask.ts";
import { afterColon, fieldsOf } from "./at/command.ts";
import { plainQuery, query } from "./commands.ts";

export async function identify(ask: Ask): Promise<Pick<LineFacts, "manufacturer" | "model" | "imei">> {
  const manufacturer = textOf(await lineOf(ask, plainQuery("AT+CGMI")));
  const model = textOf(await lineOf(ask, plainQuery("AT+CGMM")));
  const imei = digitsOf(await lineOf(ask, plainQuery("AT+CGSN", IMEI_LINE)));
  if (manufacturer !== null || model !== null) return { manufacturer, model, imei };
  const about = (await may(ask, plainQuery("ATI"))) ?? [];
  return { manufacturer: null, model: textOf(about.map((line) => line.text).join(" ")), imei };
}

/** `own`: the maker's command, tried first. The last resort reads the file itself (31.102 §4.2.1, EF ICCID). */
export async function askIccid(ask: Ask, own: readonly string[] = []): Promise<string | null> {
  for (const text of new Set([...own, "AT+CCID", "AT+CICCID", "AT+QCCID"])) {
    const command = { ...plainQuery(text), accepts: (line: string) => ICCID_LINE.test(line) };
    const digits = ICCID_DIGITS.exec((await lineOf(ask, command)) ?? "")?.[1];
    if (digits !== undefined) return digits;
  }
  const file = fieldsOf((await lineOf(ask, query("AT+CRSM=176,12258,0,0,10"))) ?? "")[2] ?? "";
  const swapped = file.replace(/(.)(.)/g, "$2$1").replace(/F+$/i, "");
  return /^\d{18,20}$/.test(swapped) ? swapped : null;
}

/** `+CNUM: "","+33639980001",145`; very often empty. */
export async function askOwnNumber(ask: Ask): Promise<string | null> {
  const line = await lineOf(ask, { ...query("AT+CNUM"), single: false });
  const [, number, type] = line === null ? [] : fieldsOf(line);
  if (number === undefined || !/^\+?\d{3,15}$/.test(number)) return null;
  return number.startsWith("+") || type !== "145" ? number : `+${number}`;
}

export async function askImsi(ask: Ask): Promise<string | null> {
  return digitsOf(await lineOf(ask, plainQuery("AT+CIMI", /^\d{14,15}$/)));
}

const IMEI_LINE = /^"?\d{14,17}"?$/;
const ICCID_DIGITS = /(\d{18,20})F?/i;
/** `+CCID: 8933…`, `+ICCID: 8933…`, `^ICCID: 8933…F`, `#CCID: 8933…`, or the digits alone. */
const ICCID_LINE = /^(?:[+^#][A-Z]*CCID: ?)?"?\d{18,20}F?"?$/i;

function textOf(line: string | null): string | null {
  if (line === null) return null;
  const text = (/^\+[A-Z]+:/.test(line) ? afterColon(line) : line).replaceAll('"', "").trim();
  return text === "" ? null : text;
}

function digitsOf(line: string | null): string | null {
  return /\d{14,17}/.exec(line ?? "")?.[0] ?? null;
}
