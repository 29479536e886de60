/**
 * What a `deliver_sm` carries, by its `data_coding` (SMPP 3.4 §5.2.19): 0 is the SMSC's default alphabet, 1 ASCII,
 * 3 Latin-1, 8 UCS-2, 2 and 4 octets; from 0x10 up carriers hand 23.038's own TP-DCS through. What is neither GSM
 * 7-bit nor octets becomes UCS-2, the one alphabet a joined message can hold it in.
 */
import { type DataCoding, dataCodingOf } from "../../sms/dcs.ts";
import type { UserData } from "../../sms/message.ts";
import { octetsOfUcs2 } from "../../sms/ucs2.ts";

export type SmscAlphabet = "gsm7" | "latin1";

type Shifts = { readonly lockingShift: number; readonly singleShift: number };

/** As WHATWG names them; each is a superset of what the clause means. */
const CHARACTER_SETS: ReadonlyMap<number, string> = new Map([
  [0x05, "shift_jis"], // JIS X 0208-1990
  [0x06, "iso-8859-5"], // Cyrillic
  [0x07, "iso-8859-8"], // Hebrew
  [0x0a, "iso-2022-jp"],
  [0x0d, "euc-jp"], // JIS X 0212-1990
  [0x0e, "euc-kr"], // KS C 5601
]);

/** Class and waiting indication, for those values that are a TP-DCS. */
export function codingOf(dataCoding: number): Pick<DataCoding, "messageClass" | "messageWaiting"> {
  return dataCoding >= 0x10 ? dataCodingOf(dataCoding) : { messageClass: null, messageWaiting: null };
}

export function userDataOf(
  dataCoding: number,
  octets: Uint8Array,
  smscAlphabet: SmscAlphabet,
  shifts: Shifts,
): UserData {
  if (dataCoding >= 0x10) {
    const { alphabet } = dataCodingOf(dataCoding);
    return alphabet === "gsm7" ? gsm7Of(octets, shifts) : { alphabet, octets };
  }
  switch (dataCoding) {
    case 0x00:
      return smscAlphabet === "gsm7" ? gsm7Of(octets, shifts) : latin1Of(octets);
    case 0x01:
    case 0x03:
      return latin1Of(octets);
    case 0x08:
      return { alphabet: "ucs2", octets };
    default: {
      const name = CHARACTER_SETS.get(dataCoding);
      if (name === undefined) return { alphabet: "8bit", octets };
      return { alphabet: "ucs2", octets: octetsOfUcs2(new TextDecoder(name).decode(octets)) };
    }
  }
}

/** A septet has no eighth bit: where one is set the SMSC means Latin-1, whatever it was said to mean. */
function gsm7Of(octets: Uint8Array, shifts: Shifts): UserData {
  if (octets.some((octet) => octet > 0x7f)) return latin1Of(octets);
  return { alphabet: "gsm7", septets: octets, ...shifts };
}

function latin1Of(octets: Uint8Array): UserData {
  const ucs2 = new Uint8Array(octets.length * 2);
  for (let index = 0; index < octets.length; index++) ucs2[2 * index + 1] = octets[index]!;
  return { alphabet: "ucs2", octets: ucs2 };
}
