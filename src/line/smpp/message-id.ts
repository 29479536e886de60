/**
 * The id in a receipt, and the one `submit_sm_resp` gave: often the same number written in two ways. Many SMSCs write
 * it in hexadecimal in the response and in decimal in the receipt (SMPP 3.4 Appendix B has it decimal there), some
 * the other way round, some pad it or change its case. Pure: what relates them, given both; `message-id-book.ts`
 * finds out which it is.
 */

export type IdRelation = "same" | "receipt-decimal" | "receipt-hex";

/** How the ids in responses are written, for a receipt whose response is long forgotten. */
export type IdStyle = {
  readonly upperCase: boolean;
  /** Padded with zeros to so many digits; 0: not padded. */
  readonly width: number;
};

export const PLAIN_STYLE: IdStyle = { upperCase: false, width: 0 };

const HEX = /^[\dA-Fa-f]+$/;
const DECIMAL = /^\d+$/;

/** Longer ones are names, not numbers. */
const LONGEST_NUMBER = 40;

/** Equal for two ids that differ in case or padding alone; names are taken as they are. */
export function keyOfId(id: string): string {
  if (!isNumber(id, HEX)) return id;
  return id.toLowerCase().replace(/^0+(?=.)/, "");
}

/** The key its response's id would have; null when it cannot be written so. */
export function keyOfReceiptId(receiptId: string, relation: IdRelation): string | null {
  switch (relation) {
    case "same":
      return keyOfId(receiptId);
    case "receipt-decimal":
      return isNumber(receiptId, DECIMAL) ? BigInt(receiptId).toString(16) : null;
    case "receipt-hex":
      return isNumber(receiptId, HEX) ? BigInt(`0x${receiptId}`).toString() : null;
    default:
      return relation satisfies never;
  }
}

/** The response's id, rebuilt from the receipt's. */
export function rebuildId(receiptId: string, relation: IdRelation, style: IdStyle): string {
  const key = keyOfReceiptId(receiptId, relation);
  if (key === null || !HEX.test(key)) return receiptId;
  const padded = key.padStart(style.width, "0");
  return style.upperCase ? padded.toUpperCase() : padded;
}

/** What one more id of a response says of the style. */
export function styleAfter(style: IdStyle, id: string): IdStyle {
  if (!isNumber(id, HEX)) return style;
  const upperCase = /[A-F]/.test(id) || (style.upperCase && !/[a-f]/.test(id));
  const width = id.startsWith("0") && id.length > 1 ? id.length : id.length < style.width ? 0 : style.width;
  return upperCase === style.upperCase && width === style.width ? style : { upperCase, width };
}

function isNumber(id: string, form: RegExp): boolean {
  return id.length <= LONGEST_NUMBER && form.test(id);
}
