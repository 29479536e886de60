/**
 * TP-Status (23.040 §9.2.3.15). A reserved value takes the state of its range, where the standard would have all of
 * them fail: service centres use them, and what follows a 26h is a further report.
 */
export type TpStatus = { readonly state: "delivered" | "pending" | "failed"; readonly text: string };

const TEXTS: ReadonlyMap<number, string> = new Map([
  [0x00, "Short message received by the SME"],
  [0x01, "Short message forwarded by the SC to the SME but the SC is unable to confirm delivery"],
  [0x02, "Short message replaced by the SC"],
  [0x20, "Congestion"],
  [0x21, "SME busy"],
  [0x22, "No response from SME"],
  [0x23, "Service rejected"],
  [0x24, "Quality of service not available"],
  [0x25, "Error in SME"],
  [0x40, "Remote procedure error"],
  [0x41, "Incompatible destination"],
  [0x42, "Connection rejected by SME"],
  [0x43, "Not obtainable"],
  [0x44, "Quality of service not available"],
  [0x45, "No interworking available"],
  [0x46, "SM validity period expired"],
  [0x47, "SM deleted by originating SME"],
  [0x48, "SM deleted by SC administration"],
  [0x49, "SM does not exist (SC has no knowledge of it or cannot confirm)"],
  [0x60, "Congestion"],
  [0x61, "SME busy"],
  [0x62, "No response from SME"],
  [0x63, "Service rejected"],
  [0x64, "Quality of service not available"],
  [0x65, "Error in SME"],
]);

const RESERVED = "Reserved (interpret as service rejected, store as received)";

/** `pending`: the service centre goes on trying, and another report will come. */
export function tpStatus(st: number): TpStatus {
  const isServiceCentreSpecific = st < 0x80 && (st & 0x10) !== 0;
  const text = TEXTS.get(st) ?? (isServiceCentreSpecific ? "SC specific" : RESERVED);
  return { state: st < 0x20 ? "delivered" : st < 0x40 ? "pending" : "failed", text };
}
