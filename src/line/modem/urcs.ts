/** Unsolicited lines of modems in general (27.005 §3.4, 27.007, and the makers' noise that needs no profile). */
import type { UrcTable } from "./at/classify.ts";

export const GENERIC_URCS: UrcTable = {
  always: [
    /^\+CMTI:/,
    /^\+CDSI:/,
    /^\+CUSD:/,
    /^RING$/,
    /^\+CRING:/,
    /^\+CLIP:/,
    /^\+CCWA:/,
    /^MISSED_CALL:/,
    /^VOICE CALL:/,
    /^\+CIEV:/,
    /^\+CGEV:/,
    /^\+CTZ[VE]:/,
    /^\*PSUTTZ:/,
    /^DST:/,
    /^\+QIND:/,
    /^\+QUSIM:/,
    /^(?:Call Ready|SMS Ready|SMS DONE|PB DONE)$/,
    // Ends of calls: final results only for ATD, which is never sent.
    /^(?:NO CARRIER|BUSY|NO ANSWER|NO DIAL ?TONE)$/,
  ],
  unasked: [
    /^\+CREG:/,
    /^\+CGREG:/,
    /^\+CEREG:/,
    /^\+CPIN:/,
    /^\+CFUN:/,
    /^\+COPS:/,
    /^\+CSQ:/,
    /^\+CLCC:/,
    /^\+CPMS:/,
    /^\^[A-Z]+:/,
    /^\+Z[A-Z]+:/,
    /^\*[A-Z]+:/,
    /^#[A-Z]+:/,
  ],
  twoLine: [/^\+CMT:/, /^\+CDS:/, /^\+CBM:/],
  restart: [/^(?:APP )?RDY$/, /^\^SYSSTART/, /^\+AT: READY$/, /^NORMAL POWER DOWN$/, /^POWERED DOWN$/],
  late: [/^\+CMGS:/],
};
