/** A message as a modem shows it where it is stored (27.005 §3.4.2, §3.4.3). */
import { fieldsOf, type ResponseLine } from "./at/command.ts";

export type Entry = {
  readonly storage: string;
  readonly index: number;
  readonly stat: string;
  readonly raw: string;
};

/** 27.005 §3.1, <stat>: 2 and 3 are messages stored for sending. */
export function isStoredForSending({ stat }: Entry): boolean {
  return stat === "2" || stat === "3";
}

/** `+CMGL: 1,"REC UNREAD",…`: what follows is a text, not a PDU. */
export function isTextMode(line: ResponseLine): boolean {
  return /^\+CMG[LR]:[^"]*"(?:REC|STO) /.test(line.text);
}

/** `+CMGL: <index>,<stat>,[<alpha>],<length>`; the alpha field is sometimes left out. */
export function entryListed(line: ResponseLine, storage: string): Entry | null {
  const [index = "", stat = ""] = fieldsOf(line.text);
  if (line.pdu === null || !/^\d+$/.test(index)) return null;
  return { storage, index: Number.parseInt(index, 10), stat, raw: line.pdu };
}

/** `+CMGR: <stat>,[<alpha>],<length>`; a free slot is an empty PDU or none. */
export function entryRead(line: ResponseLine | undefined, storage: string, index: number): Entry | null {
  if (line === undefined || line.pdu === null) return null;
  return { storage, index, stat: fieldsOf(line.text)[0] ?? "", raw: line.pdu };
}

export function placeOf(entry: { readonly storage: string; readonly index: number }): string {
  return `${entry.storage} ${entry.index}`;
}
