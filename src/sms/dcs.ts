/** TP-DCS, the data coding scheme (23.038 §4), read by a table of all 256 values. Reserved codings are GSM 7-bit. */
import type { Alphabet } from "./message.ts";

export type MessageClass = 0 | 1 | 2 | 3;

export type MessageWaiting = {
  /** False: nobody needs to keep the message once the indication is taken. */
  readonly store: boolean;
  readonly active: boolean;
  readonly type: "voicemail" | "fax" | "email" | "other";
};

export type DataCoding = {
  /** `8bit` for a compressed text: nobody implements the compression (23.042), so its octets are data. */
  readonly alphabet: Alphabet;
  readonly compressed: boolean;
  readonly messageClass: MessageClass | null;
  readonly messageWaiting: MessageWaiting | null;
};

const ALPHABETS: readonly Alphabet[] = ["gsm7", "8bit", "ucs2", "gsm7"];
const WAITING_TYPES = ["voicemail", "fax", "email", "other"] as const;

const CODINGS: readonly DataCoding[] = Array.from({ length: 256 }, (_, tpDcs) => read(tpDcs));

export function dataCodingOf(tpDcs: number): DataCoding {
  return CODINGS[tpDcs & 0xff]!;
}

/** In the general group, without compression. */
export function tpDcsOf(alphabet: Alphabet, messageClass: MessageClass | null): number {
  return (ALPHABETS.indexOf(alphabet) << 2) | (messageClass === null ? 0 : 0x10 | messageClass);
}

function read(tpDcs: number): DataCoding {
  const plain = { alphabet: "gsm7", compressed: false, messageClass: null, messageWaiting: null } as const;
  const group = tpDcs >> 4;
  if (group < 0x8) {
    const compressed = (tpDcs & 0x20) !== 0;
    return {
      ...plain,
      alphabet: compressed ? "8bit" : ALPHABETS[(tpDcs >> 2) & 3]!,
      compressed,
      messageClass: (tpDcs & 0x10) !== 0 ? classOf(tpDcs) : null,
    };
  }
  if (group < 0xc) return plain;
  if (group === 0xf) {
    return { ...plain, alphabet: (tpDcs & 4) !== 0 ? "8bit" : "gsm7", messageClass: classOf(tpDcs) };
  }
  return {
    ...plain,
    alphabet: group === 0xe ? "ucs2" : "gsm7",
    messageWaiting: { store: group !== 0xc, active: (tpDcs & 8) !== 0, type: WAITING_TYPES[tpDcs & 3]! },
  };
}

function classOf(tpDcs: number): MessageClass {
  return (tpDcs & 3) as MessageClass;
}
