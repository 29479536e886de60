/**
 * How strong the signal is. `+CSQ` (27.007 §8.5) was made for 2G: many LTE modems answer 99 to it while all is well,
 * and are asked with `+CESQ` (27.007 §8.69), which measures each technology in its own way.
 */
import { type Ask, lineOf } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { query } from "./commands.ts";

export type Signal = { readonly dbm: number; readonly of: "rssi" | "rxlev" | "rscp" | "rsrp" };

/** Below these the antenna is to blame: RSSI under 5, and what is called poor of each of the others. */
const POOR_BELOW: Readonly<Record<Signal["of"], number>> = {
  rssi: -103,
  rxlev: -103,
  rscp: -105,
  rsrp: -115,
};

export async function askSignal(ask: Ask): Promise<Signal | null> {
  const csq = signalOfCsq((await lineOf(ask, query("AT+CSQ"))) ?? "");
  return csq ?? signalOfCesq((await lineOf(ask, query("AT+CESQ"))) ?? "");
}

export function isPoor({ dbm, of }: Signal): boolean {
  return dbm < POOR_BELOW[of];
}

/** 0 to 31 in steps of 2 dB, 99 unknown; 100 to 191 is TD-SCDMA's range. */
export function signalOfCsq(line: string): Signal | null {
  const rssi = Number.parseInt(fieldsOf(line)[0] ?? "", 10);
  if (rssi >= 0 && rssi <= 31) return { dbm: -113 + 2 * rssi, of: "rssi" };
  if (rssi >= 100 && rssi <= 191) return { dbm: -116 + (rssi - 100), of: "rssi" };
  return null;
}

/** `<rxlev>,<ber>,<rscp>,<ecno>,<rsrq>,<rsrp>`; 99 and 255 are unknown. The newest technology that is measured. */
export function signalOfCesq(line: string): Signal | null {
  const [rxlev = 99, , rscp = 255, , , rsrp = 255] = fieldsOf(line).map((field) =>
    Number.parseInt(field, 10),
  );
  if (rsrp >= 0 && rsrp <= 97) return { dbm: -141 + rsrp, of: "rsrp" };
  if (rscp >= 0 && rscp <= 96) return { dbm: -121 + rscp, of: "rscp" };
  if (rxlev >= 0 && rxlev <= 63) return { dbm: -111 + rxlev, of: "rxlev" };
  return null;
}
