/**
 * What the network sends, told apart by TP-MTI (23.040 §9.2.3.1). The same two bits mean an SMS-SUBMIT on a message
 * the modem stored for sending: those go to `decodeSubmit`, by `<stat>`.
 */
import { readSmsc } from "./address.ts";
import { DecodeError } from "./decode-error.ts";
import { type Deliver, readDeliver } from "./deliver.ts";
import { fromHex } from "./hex.ts";
import { OctetReader } from "./octet-reader.ts";
import { readStatusReport, type StatusReport } from "./status-report.ts";

/**
 * Decodes a PDU as `+CMT`, `+CDS`, `+CMGR` and `+CMGL` print it, SMSC field first. Octets after the end are ignored:
 * modems pad.
 */
export function decodeFromNetwork(hex: string): Deliver | StatusReport {
  const octets = fromHex(hex);
  const reader = new OctetReader(octets);
  const smsc = readSmsc(reader);
  const at = reader.offset;
  switch ((octets[at] ?? 0) & 3) {
    case 1:
      throw new DecodeError("TP-MTI", at, "is an SMS-SUBMIT-REPORT, or a message stored for sending");
    case 2:
      return readStatusReport(reader, smsc);
    default:
      return readDeliver(reader, smsc);
  }
}
