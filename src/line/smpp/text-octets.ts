/**
 * The text of a Segment as octets, and the `data_coding` that says which. SMPP carries GSM 7-bit unpacked, one
 * septet in each octet, escape included. A text with characters the configured alphabet lacks goes out in UCS-2.
 */
import { septetsOf } from "../../sms/gsm7.ts";
import type { Segment } from "../../sms/message.ts";
import { octetsOfUcs2 } from "../../sms/ucs2.ts";
import type { SmppAlphabet, SmppLineOptions } from "./smpp-line-options.ts";

type Coding = Pick<SmppLineOptions, "alphabet" | "smscAlphabet" | "dataCoding">;

export type TextOctets = { readonly dataCoding: number; readonly octets: Uint8Array };

/** SMPP 3.4 §5.2.19: 0 is whatever the SMSC's default alphabet is. */
const SMSC_DEFAULT = 0;

export function textOctetsOf(
  { alphabet, text }: Pick<Segment, "alphabet" | "text">,
  coding: Coding,
): TextOctets {
  if (alphabet === "gsm7" && coding.alphabet !== "ucs2") {
    const dataCoding = coding.dataCoding[coding.alphabet];
    const octets = octetsIn(dataCoding === SMSC_DEFAULT ? coding.smscAlphabet : coding.alphabet, text);
    if (octets !== null) return { dataCoding, octets };
  }
  return { dataCoding: coding.dataCoding.ucs2, octets: octetsOfUcs2(text) };
}

function octetsIn(alphabet: Exclude<SmppAlphabet, "ucs2">, text: string): Uint8Array | null {
  return alphabet === "gsm7" ? septetsOf(text) : latin1Of(text);
}

function latin1Of(text: string): Uint8Array | null {
  const octets = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0xff) return null;
    octets[index] = unit;
  }
  return octets;
}
