/**
 * Equal for two deliveries of the same TPDU: OA, PID, DCS, SCTS and UD under the SIM they came to. The SMSC field
 * and the first octet stay out of it: a repetition may come through another service centre, with TP-MMS turned.
 */
import { createHash } from "node:crypto";

export function fingerprintOf(pdu: Uint8Array, sim: string): string {
  const smscOctets = 1 + (pdu[0] ?? 0);
  return createHash("sha256")
    .update(`${sim}\n`)
    .update(pdu.subarray(smscOctets + 1))
    .digest("hex");
}
